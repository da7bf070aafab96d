-- One row per day of the history. Written last: a day that stands here is complete in every history table.
{{ config(
    materialized='incremental', incremental_strategy='replace_days', full_refresh=false, on_schema_change='append_new_columns',
    post_hook='{{ finish_days() }}'
) }}
-- depends_on: {{ ref('int_begun_days') }}
-- depends_on: {{ ref('score_history') }}
-- depends_on: {{ ref('account_score_history') }}
-- depends_on: {{ ref('product_interest_history') }}
-- depends_on: {{ ref('int_account_product_interest_history') }}
-- depends_on: {{ ref('custom_score_history') }}
-- depends_on: {{ ref('stage_funnel') }}
-- depends_on: {{ ref('threshold_crossings') }}

with days as (
    select
        dates.as_of_date,
        rule_book_hash.rule_book_hash,
        -- Computed before the day was over, a later run computes it once more.
        dates.as_of_date < {{ date_literal(run_date()) }} as is_complete
    from {{ ref('int_scoring_dates') }} as dates
    cross join {{ ref('int_rule_book_hash') }} as rule_book_hash
    where dates.is_recorded
)

select * from days
