-- One row per contact and product with a score above 0, as of the latest date.
with product_interest as (
    select product_interest.*
    from {{ ref('int_product_interest') }} as product_interest
    inner join {{ ref('int_scoring_dates') }} as dates
        on product_interest.as_of_date = dates.as_of_date
        and dates.is_latest
    where {{ comparable('product_interest.score') }} > 0
),

products as (
    select
        product_id,
        product_name
    from {{ ref('products') }}
),

product_interest_scores as (
    select
        product_interest.contact_id,
        product_interest.product_id,
        products.product_name,
        product_interest.as_of_date,
        product_interest.score,
        product_interest.last_activity_date
    from product_interest
    left join products on product_interest.product_id = products.product_id
)

select * from product_interest_scores
