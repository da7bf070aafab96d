-- One row per contact: the day it is seen from, the earlier of its creation and its first accepted event; null: always.
with contacts as (
    select
        contact_id,
        created_date
    from {{ ref('int_contacts') }}
),

first_events as (
    select * from {{ ref('int_first_events') }}
),

seen as (
    select
        contacts.contact_id,
        least(contacts.created_date, first_events.first_event_date) as seen_date
    from contacts
    left join first_events on contacts.contact_id = first_events.contact_id
)

select * from seen
