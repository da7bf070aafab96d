-- One row per event that this run recomputes, with its owner. Waiting: the owner is not in `contacts`.
-- depends_on: {{ ref('int_changed_owners') }}
{{ config(materialized='view') }}

with owners as (
    select * from {{ ref('int_event_owners') }}
),

{%- if is_partial_run() %}

changed_owners as (
    select owner_id
    from {{ ref('int_changed_owners') }}
),

-- First by the ids on the events, since looking up the owner of every event would read them all.
sources_in_scope as (
    select source_id, is_anonymous
    from owners
    where owner_id in (select owner_id from changed_owners)
    union
    select owner_id as source_id, false as is_anonymous
    from changed_owners
    union
    select substr(owner_id, 11) as source_id, true as is_anonymous
    from changed_owners
    where owner_id like 'anonymous:%'
),

events_in_scope as (
    select events.*
    from {{ ref('int_events_deduplicated') }} as events
    inner join sources_in_scope
        on coalesce(events.contact_id, events.anonymous_id) = sources_in_scope.source_id
        and (events.contact_id is null) = sources_in_scope.is_anonymous
),
{%- else %}

events_in_scope as (
    select * from {{ ref('int_events_deduplicated') }}
),
{%- endif %}

owned as (
    select
        events_in_scope.event_id,
        {{ event_owner('owners', 'events_in_scope.contact_id', 'events_in_scope.anonymous_id') }} as owner_id,
        coalesce(owners.is_listed, false) as is_listed,
        events_in_scope.occurred_at,
        events_in_scope.signature_id,
        events_in_scope.value,
        events_in_scope.user_agent,
        events_in_scope.is_machine
    from events_in_scope
    left join owners on {{ owns_event('owners', 'events_in_scope.contact_id', 'events_in_scope.anonymous_id') }}
)

select * from owned
where {{ is_in_scope('owner_id') }}
