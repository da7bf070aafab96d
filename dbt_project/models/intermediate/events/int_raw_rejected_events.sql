-- One row per raw event row that could not be used, with the first reason and the row itself.
{{ config(materialized='incremental', incremental_strategy='replace_load_days', on_schema_change='fail') }}

with typed as (
    select {{ raw_columns('events') }}
    from {{ raw_rows('events') }} as raw_rows
    where {{ may_be_rejected() }}
),

judged as (
    select
        {{ load_day('loaded_at') }} as load_day,
        event_id as row_key,
        {{ event_rejection_reason() }} as reason,
        loaded_at,
        row_json
    from typed
),

rejected as (
    select *
    from judged
    where
        reason is not null
        and load_day in (select changed_days.load_day from {{ ref('int_changed_load_days') }} as changed_days)
)

select * from rejected
