-- One row per replayed day and event that was known that day in another form than now: the best copy loaded by then.
create or replace table replay.earlier_copies as
with known as (
    select
        days.day,
        copies.*,
        row_number() over (
            partition by days.day, copies.event_id
            order by
                copies.loaded_at desc,
                copies.occurred_at desc,
                copies.signature_id desc,
                copies.content desc
        ) as copy_rank
    from replay.copies as copies
    inner join intermediate.int_events_deduplicated as events on copies.event_id = events.event_id
    inner join replay.days as days
        on replay_date(copies.loaded_at) <= days.day
        and replay_date(events.loaded_at) > days.day
    where copies.event_id not in (select event_id from replay.first_loads)
)

select
    known.day,
    known.event_id,
    known.occurred_at,
    known.loaded_at,
    known.signature_id,
    known.value,
    known.user_agent,
    known.is_machine,
    links.owner_id
from known
inner join replay.links as links
    on coalesce(known.contact_id, known.anonymous_id) = links.source_id
    and (known.contact_id is null) = links.is_anonymous
where known.copy_rank = 1 and (links.known_date is null or links.known_date <= known.day)
