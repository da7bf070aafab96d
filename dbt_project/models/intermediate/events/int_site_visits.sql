-- One row per visit: a contact's human page views of one day, each less than 30 minutes after the one before.
{{ config(materialized='view') }}

with page_views as (
    select
        events.event_id,
        events.contact_id,
        events.occurred_at,
        events.activity_date,
        signatures.object,
        signatures.is_sales_ready,
        lag(events.occurred_at) over (
            partition by events.contact_id, events.activity_date
            order by events.occurred_at, events.event_id
        ) as previous_at
    from {{ ref('int_events_classified') }} as events
    inner join {{ ref('int_signatures') }} as signatures on events.signature_id = signatures.signature_id
    where
        signatures.event_type = 'page_view'
        and events.contact_id is not null
        and events.machine_reason is null
        and {{ is_in_scope('events.contact_id') }}
),

marked as (
    select
        *,
        case
            when previous_at is null or occurred_at >= previous_at + interval '30' minute then 1
            else 0
        end as starts_visit
    from page_views
),

numbered as (
    select
        *,
        sum(starts_visit) over (
            partition by contact_id, activity_date
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as visit_number
    from marked
),

visits as (
    select
        contact_id,
        activity_date,
        max(case when starts_visit = 1 then event_id end) as first_event_id,
        max(case when starts_visit = 1 then object end) as first_object,
        max(occurred_at) as last_viewed_at,
        count(distinct case when is_sales_ready then object end) as sales_ready_objects
    from numbered
    group by contact_id, activity_date, visit_number
)

select * from visits
