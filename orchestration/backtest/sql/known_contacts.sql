-- One row per listed contact, numbered: the day from which on it was known, its creation, else its first event known to be its own (null:
-- always), and its first opportunity of all.
create or replace table replay.known_contacts as
with first_events as (
    select
        owner_id as contact_id,
        min(greatest(activity_date, known_date)) as known_date
    from replay.events
    group by owner_id
)

select
    contacts.contact_id,
    row_number() over (order by contacts.contact_id) - 1 as contact_no,
    replay_date(contacts.updated_at) as updated_date,
    coalesce(contacts.created_date, first_events.known_date) as known_date,
    opportunities.first_opportunity_date
from stored.intermediate.int_contacts as contacts
left join first_events on contacts.contact_id = first_events.contact_id
left join stored.intermediate.int_first_opportunities as opportunities on contacts.contact_id = opportunities.contact_id
-- A sample is drawn by contact, the same in every run.
where cast('0x' || substr(md5(contacts.contact_id), 1, 8) as bigint) < getvariable('sampled_share') * 4294967296
