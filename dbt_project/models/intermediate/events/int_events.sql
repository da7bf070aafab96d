-- One row per event that rules may see or not: deduplicated raw ones and derived ones.
{{ config(materialized='view') }}

with all_events as (
    select
        event_id,
        contact_id,
        occurred_at,
        activity_date,
        signature_id,
        value,
        machine_reason,
        false as is_derived
    from {{ ref('int_events_classified') }}
    union all
    select
        event_id,
        contact_id,
        occurred_at,
        activity_date,
        signature_id,
        value,
        cast(null as {{ dbt.type_string() }}) as machine_reason,
        true as is_derived
    from {{ ref('int_events_derived') }}
)

select * from all_events
