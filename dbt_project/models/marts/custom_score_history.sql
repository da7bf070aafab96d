-- One row per day of the history, contact and custom score that is not 0.
{{ config(materialized='incremental', incremental_strategy='replace_days', full_refresh=false, on_schema_change='append_new_columns') }}

with custom_scores as (
    select * from {{ ref('int_custom_scores') }}
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
        custom_scores.as_of_date,
        custom_scores.contact_id,
        custom_scores.score_id,
        custom_scores.score
    from custom_scores
    inner join recorded
        on custom_scores.as_of_date = recorded.as_of_date
        and custom_scores.contact_id = recorded.contact_id
)

select * from history
