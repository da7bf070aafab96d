-- The outcomes add up to the raw rows at the source, all six are there, and they are those of the event log: an event that
-- stood twice in it would be one too many.
with logged as (
    select
        outcome,
        count(*) as events
    from marts.event_log
    where not is_derived
    group by outcome
),

problems as (
    select
        'the outcomes add up to another number than there are raw events' as problem,
        cast(sum(events) as varchar) as found,
        cast(getvariable('raw_events') as varchar) as expected
    from marts.event_outcomes
    having (sum(events) = getvariable('raw_events')) is not true
    union all
    select
        'an outcome is missing, unknown, twice there or below 0' as problem,
        string_agg(outcome || ' ' || events, ', ' order by outcome) as found,
        'duplicate, machine, rejected, scored, unmatched, waiting' as expected
    from marts.event_outcomes
    having (
        string_agg(outcome, ', ' order by outcome) = 'duplicate, machine, rejected, scored, unmatched, waiting'
        and min(events) >= 0
        and count(*) = count(events)
    ) is not true
    union all
    select
        'the event log has another number of ' || coalesce(outcomes.outcome, logged.outcome) as problem,
        cast(logged.events as varchar) as found,
        cast(outcomes.events as varchar) as expected
    from (select * from marts.event_outcomes where outcome not in ('rejected', 'duplicate')) as outcomes
    full outer join logged on outcomes.outcome = logged.outcome
    where (coalesce(logged.events, 0) = coalesce(outcomes.events, 0)) is not true
)

select * from problems
