-- One row per day and threshold as it stood that day: a later change of a threshold leaves past crossings alone.
{{ config(materialized='incremental', incremental_strategy='replace_days', full_refresh=false, on_schema_change='append_new_columns') }}
-- depends_on: {{ ref('int_begun_days') }}

with thresholds as (
    select * from {{ ref('thresholds') }}
),

products as (
    select product_id
    from {{ ref('products') }}
),

dates as (
    select as_of_date
    from {{ ref('int_scoring_dates') }}
    where is_recorded
),

threshold_days as (
    select
        dates.as_of_date,
        thresholds.threshold_id,
        lower(thresholds.entity) as entity,
        thresholds.score_id,
        products.product_id,
        thresholds.comparison,
        thresholds.value,
        thresholds.rearm_below,
        thresholds.action
    from thresholds
    cross join dates
    left join products on lower(thresholds.product_id) = lower(products.product_id)
)

select * from threshold_days
