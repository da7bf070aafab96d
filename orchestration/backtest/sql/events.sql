-- One row per event of a listed contact as it is now: when it happened, and from which day on it was known to be that contact's.
create or replace view replay.events as
select
    events.*,
    links.owner_id,
    replay_date(events.occurred_at) as activity_date,
    greatest(replay_date(coalesce(first_loads.loaded_at, events.loaded_at)), links.known_date) as known_date
from stored.intermediate.int_events_deduplicated as events
inner join replay.links as links
    on coalesce(events.contact_id, events.anonymous_id) = links.source_id
    and (events.contact_id is null) = links.is_anonymous
left join replay.first_loads as first_loads on events.event_id = first_loads.event_id
