-- One row per scoring date and contact with a product of interest: the top one (score, then latest activity, then lowest id).
with product_interest as (
    select * from {{ ref('int_product_interest') }}
    where {{ comparable('score') }} > 0
),

ranked as (
    select
        *,
        row_number() over (
            partition by as_of_date, contact_id
            order by {{ comparable('score') }} desc, last_activity_date desc, product_id
        ) as product_rank
    from product_interest
),

top_products as (
    select
        as_of_date,
        contact_id,
        product_id,
        score
    from ranked
    where product_rank = 1
)

select * from top_products
