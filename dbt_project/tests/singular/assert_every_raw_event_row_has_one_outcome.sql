-- One row with both numbers where the outcomes do not add up to the raw event rows.
with outcomes as (
    select sum(events) as accounted_for
    from {{ ref('event_outcomes') }}
),

raw_rows as (
    select count(*) as raw_events
    from {{ ref('base_raw__events') }}
)

select
    raw_rows.raw_events,
    outcomes.accounted_for
from raw_rows
cross join outcomes
where raw_rows.raw_events <> coalesce(outcomes.accounted_for, 0)
