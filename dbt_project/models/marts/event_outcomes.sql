-- One row per outcome, all six: each raw event row is accounted for once.
with raw_rows as (
    select
        count(*) as raw_events,
        sum(case when rejection_reason is not null then 1 else 0 end) as rejected_events
    from {{ ref('base_raw__events') }}
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
            when 'rejected' then coalesce(raw_rows.rejected_events, 0)
            when 'duplicate'
                then
                    raw_rows.raw_events - coalesce(raw_rows.rejected_events, 0)
                    - (select count(*) from {{ ref('stg_raw__events') }})
            else coalesce(logged.events, 0)
        end as bigint) as events
    from outcomes
    cross join raw_rows
    left join logged on outcomes.outcome = logged.outcome
)

select * from event_outcomes
