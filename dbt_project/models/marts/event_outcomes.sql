-- One row per outcome, all six: each raw event row is accounted for once.
with raw_rows as (
    select
        (select sum(raw_rows) from {{ ref('int_raw_load_days') }}) as raw_events,
        (select count(*) from {{ ref('int_raw_rejected_events') }}) as rejected_events,
        (select count(*) from {{ ref('int_events_deduplicated') }}) as deduplicated_events
),

logged as (
    select
        outcome,
        count(*) as events
    from {{ ref('event_log') }}
    where not is_derived
    group by outcome
),

outcomes as (
    select 'scored' as outcome
    union all
    select 'unmatched' as outcome
    union all
    select 'machine' as outcome
    union all
    select 'duplicate' as outcome
    union all
    select 'waiting' as outcome
    union all
    select 'rejected' as outcome
),

event_outcomes as (
    select
        outcomes.outcome,
        cast(case outcomes.outcome
            when 'rejected' then raw_rows.rejected_events
            when 'duplicate' then coalesce(raw_rows.raw_events, 0) - raw_rows.rejected_events - raw_rows.deduplicated_events
            else coalesce(logged.events, 0)
        end as bigint) as events
    from outcomes
    cross join raw_rows
    left join logged on outcomes.outcome = logged.outcome
)

select * from event_outcomes
