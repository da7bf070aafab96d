-- One row per user agent of a raw event. Only grows between full runs.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}
{%- set is_changed = is_load_day_changed(load_day(raw_column('events', 'loaded_at')), raw_column_as_it_comes('events', 'loaded_at')) %}
{%- set raw_agents = distinct_raw_rows('events', ['user_agent'], is_changed) %}
with agents as (
    select distinct {{ raw_column('events', 'user_agent') }} as user_agent
    from {{ raw_agents }} as raw_agents
)

select user_agent
from agents
where user_agent is not null{% if is_incremental() %} and user_agent not in (select known.user_agent from {{ this }} as known){% endif %}
