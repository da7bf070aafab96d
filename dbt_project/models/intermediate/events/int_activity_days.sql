-- One row per contact and day with a human, not derived event that is a sign of life; the next such day beside it.
with events as (
    select * from {{ ref('int_events_classified') }}
),

active_days as (
    select distinct
        contact_id,
        activity_date
    from events
    where
        contact_id is not null
        and machine_reason is null
        and event_type not in ('{{ var('not_activity_event_types') | map('lower') | join("', '") }}')
),

followed as (
    select
        contact_id,
        activity_date,
        lead(activity_date) over (partition by contact_id order by activity_date) as next_activity_date
    from active_days
)

select * from followed
