-- One row per turn of a threshold, up or down, with what caused it. The baseline day of a threshold reports none.
{{ config(materialized='incremental', incremental_strategy='replace_from_first_day', full_refresh=false, on_schema_change='append_new_columns') }}
-- depends_on: {{ ref('int_scoring_dates') }}

with turns as (
    select * from {{ ref('int_turn_facts') }}
    where not is_baseline
),

days as (
    select * from {{ ref('int_history_days') }}
),

crossings as (
    select
        md5(
            turns.entity || ':' || turns.entity_id || ':' || turns.threshold_id || ':'
            || coalesce(turns.product_id, '') || ':' || cast(turns.as_of_date as {{ dbt.type_string() }})
        ) as crossing_id,
        turns.entity,
        turns.entity_id,
        turns.threshold_id,
        turns.product_id,
        turns.direction,
        turns.as_of_date,
        turns.score_before,
        turns.score_after,
        turns.threshold_value,
        turns.action,
        case
            when days.has_new_rules then 'rules'
            when turns.score_id = 'fit' then 'profile'
            when turns.has_reset and turns.direction = 'down' then 'reset'
            when turns.has_activity then 'activity'
            when turns.has_adjustment then 'adjustment'
            when turns.has_other_profile then 'profile'
            else 'decay'
        end as cause
    from turns
    inner join days on turns.as_of_date = days.as_of_date
)

select * from crossings
