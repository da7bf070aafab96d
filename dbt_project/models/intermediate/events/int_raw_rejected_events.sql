-- One row per raw event row that could not be used, with the first reason and the row itself.
{{ config(materialized='incremental', incremental_strategy='replace_load_days', on_schema_change='fail') }}

with typed as (
    select {{ raw_columns('events') }}
    from {{ raw_rows('events') }} as raw_rows
    where
        {{ may_be_rejected() }}
        and {{ is_load_day_changed(load_day(raw_column('events', 'loaded_at')), raw_column_as_it_comes('events', 'loaded_at')) }}
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
    where reason is not null
)

select * from rejected
