-- One row per visit: a contact's human page views of one day, each less than 30 minutes after the one before.
with page_views as (
    select
        *,
        lag(occurred_at) over (partition by contact_id, activity_date order by occurred_at, event_id) as previous_at
    from {{ ref('int_events_classified') }}
    where event_type = 'page_view' and contact_id is not null and machine_reason is null
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
