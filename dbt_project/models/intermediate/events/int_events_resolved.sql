-- One row per deduplicated event with the contact it belongs to now; null contact_id while it waits for one.
{{ config(materialized='view') }}

with events as (
    select * from {{ ref('stg_raw__events') }}
),

identities as (
    select * from {{ ref('stg_raw__identities') }}
),

survivors as (
    select * from {{ ref('int_contact_survivors') }}
),

contacts as (
    select contact_id
    from {{ ref('int_contacts') }}
),

identified as (
    select
        events.*,
        coalesce(events.contact_id, identities.contact_id) as identified_contact_id
    from events
    left join identities
        on events.contact_id is null
        and events.anonymous_id = identities.anonymous_id
),

resolved as (
    select
        identified.event_id,
        contacts.contact_id,
        identified.event_type,
        identified.occurred_at,
        identified.activity_date,
        identified.object,
        identified.category,
        identified.product_id,
        identified.campaign,
        identified.value,
        identified.user_agent,
        identified.is_machine
    from identified
    left join survivors on identified.identified_contact_id = survivors.merged_contact_id
    left join contacts on coalesce(survivors.contact_id, identified.identified_contact_id) = contacts.contact_id
)

select * from resolved
