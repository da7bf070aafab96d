-- One row per accepted copy of an event that was sent several times.
create or replace table replay.copies as
select
    *,
    hash(contact_id, anonymous_id, occurred_at, signature_id, value, user_agent, is_machine) as content
from intermediate.int_event_copies
where event_id in (select event_id from intermediate.int_event_copies group by event_id having count(*) > 1)
