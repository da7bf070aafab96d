-- One row per event of a double: what was known of its contact on its day.
create or replace table replay.double_events as
select
    events.event_id || chr(1) || doubles.day as event_id,
    doubles.double_id as contact_id,
    cast(null as varchar) as anonymous_id,
    events.occurred_at,
    events.loaded_at,
    events.signature_id,
    events.value,
    events.user_agent,
    events.is_machine
from replay.events as events
inner join replay.doubles as doubles
    on events.owner_id = doubles.contact_id
    and events.known_date <= doubles.day
union all
select
    copies.event_id || chr(1) || doubles.day as event_id,
    doubles.double_id as contact_id,
    cast(null as varchar) as anonymous_id,
    copies.occurred_at,
    copies.loaded_at,
    copies.signature_id,
    copies.value,
    copies.user_agent,
    copies.is_machine
from replay.earlier_copies as copies
inner join replay.doubles as doubles
    on copies.owner_id = doubles.contact_id
    and copies.day = doubles.day
