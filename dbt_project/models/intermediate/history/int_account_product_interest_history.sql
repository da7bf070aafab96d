-- One row per day of the history, account and product with a score that is not 0.
{{ config(materialized='incremental', incremental_strategy='replace_days', full_refresh=false, on_schema_change='append_new_columns') }}

with product_interest as (
    select * from {{ ref('int_account_product_interest') }}
),

accounts as (
    select
        as_of_date,
        account_id
    from {{ ref('account_score_history') }}
),

history as (
    select
        product_interest.as_of_date,
        product_interest.account_id,
        product_interest.product_id,
        product_interest.score
    from product_interest
    inner join {{ ref('int_scoring_dates') }} as dates
        on product_interest.as_of_date = dates.as_of_date
        and dates.is_recorded
    inner join accounts
        on product_interest.as_of_date = accounts.as_of_date
        and product_interest.account_id = accounts.account_id
    where {{ comparable('product_interest.score') }} <> 0
)

select * from history
