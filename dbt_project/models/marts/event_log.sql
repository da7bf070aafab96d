-- One row per accepted, deduplicated or derived event: whose it is and what became of it.
with events as (
    select * from {{ ref('int_events') }}
),

scored_events as (
    select distinct
        event_id,
        is_derived
    from {{ ref('int_hits') }}
),

event_log as (
    select
        events.event_id,
        events.contact_id,
        events.event_type,
        events.object,
        events.category,
        events.product_id,
        events.campaign,
        events.value,
        events.occurred_at,
        events.activity_date,
        case
            when events.contact_id is null then 'waiting'
            when events.machine_reason is not null then 'machine'
            when scored_events.event_id is not null then 'scored'
            else 'unmatched'
        end as outcome,
        events.machine_reason,
        events.is_derived
    from events
    left join scored_events
        on events.event_id = scored_events.event_id
        and events.is_derived = scored_events.is_derived
)

select * from event_log
