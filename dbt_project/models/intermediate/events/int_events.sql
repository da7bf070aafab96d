-- One row per event that rules may see or not: deduplicated raw ones and derived ones.
{{ config(materialized='view') }}

with classified as (
    select
        event_id,
        contact_id,
        event_type,
        occurred_at,
        activity_date,
        object,
        category,
        product_id,
        campaign,
        value,
        machine_reason,
        false as is_derived
    from {{ ref('int_events_classified') }}
),

derived as (
    select
        event_id,
        contact_id,
        event_type,
        occurred_at,
        activity_date,
        object,
        category,
        product_id,
        campaign,
        value,
        cast(null as {{ dbt.type_string() }}) as machine_reason,
        true as is_derived
    from {{ ref('int_events_derived') }}
),

all_events as (
    select * from classified
    union all
    select * from derived
)

select * from all_events
