-- One row per replayed day and contact of whom less, or something else, was known that day than the warehouse knows now of the time up to
-- it: the contact is scored once more under another id, from what was known. Everybody else was then what the ledger says now.
create or replace table replay.doubles as
with differing as (
    select
        events.owner_id as contact_id,
        days.day
    from replay.events as events
    inner join replay.days as days
        on events.activity_date <= days.day
        and events.known_date > days.day
    union
    select
        owner_id as contact_id,
        day
    from replay.earlier_copies
    union
    -- Stage changes and adjustments of the merged contact move along.
    select
        links.owner_id as contact_id,
        days.day
    from replay.links as links
    inner join replay.days as days on links.known_date > days.day
    where not links.is_anonymous
)

select
    contact_id,
    day,
    -- The separator sorts before every character, so that ids tie as their originals do.
    contact_id || chr(1) || day as double_id
from differing
