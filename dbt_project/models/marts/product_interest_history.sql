-- One row per day of the history, contact and product with a score that is not 0.
{{ config(materialized='incremental', incremental_strategy='replace_days', full_refresh=false, on_schema_change='append_new_columns') }}

with product_interest as (
    select * from {{ ref('int_product_interest') }}
    where {{ comparable('score') }} <> 0
),

recorded as (
    select
        history.as_of_date,
        history.contact_id
    from {{ ref('score_history') }} as history
    inner join {{ ref('int_scoring_dates') }} as dates
        on history.as_of_date = dates.as_of_date
        and dates.is_recorded
),

history as (
    select
        product_interest.as_of_date,
        product_interest.contact_id,
        product_interest.product_id,
        product_interest.score
    from product_interest
    inner join recorded
        on product_interest.as_of_date = recorded.as_of_date
        and product_interest.contact_id = recorded.contact_id
)

select * from history
