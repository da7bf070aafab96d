-- One row per product: how many contacts are interested in it before and after, and for how many it is the top one.
with products as (
    select product_id, coalesce(after.product_name, before.product_name) as product_name
    from before.products as before
    full outer join after.products as after using (product_id)
),

interested as (
    select product_id, count(*) as before, 0 as after from before.product_interest_scores group by product_id
    union all
    select product_id, 0 as before, count(*) as after from after.product_interest_scores group by product_id
),

interests as (
    select product_id, sum(before)::bigint as interested_before, sum(after)::bigint as interested_after
    from interested
    group by product_id
),

tops as (
    select product_id, sum(before)::bigint as top_before, sum(after)::bigint as top_after
    from (
        select top_product_id_before as product_id, 1 as before, 0 as after from contact_changes
        union all
        select top_product_id_after as product_id, 0 as before, 1 as after from contact_changes
    ) as both_sides
    where product_id is not null
    group by product_id
)

select
    product_id,
    products.product_name,
    coalesce(interests.interested_before, 0) as interested_before,
    coalesce(interests.interested_after, 0) as interested_after,
    coalesce(tops.top_before, 0) as top_before,
    coalesce(tops.top_after, 0) as top_after
from interests
full outer join tops using (product_id)
left join products using (product_id)
order by product_id
