-- One row per account and product with a score above 0, as of the latest date.
with account_product_interest as (
    select
        product_interest.account_id,
        product_interest.product_id,
        product_interest.as_of_date,
        product_interest.score
    from {{ ref('int_account_product_interest') }} as product_interest
    inner join {{ ref('int_scoring_dates') }} as dates
        on product_interest.as_of_date = dates.as_of_date
        and dates.is_latest
)

select * from account_product_interest
