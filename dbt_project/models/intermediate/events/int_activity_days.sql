-- One row per contact and day with a human, not derived event that is a sign of life; the next such day beside it.
{{ config(materialized='incremental', incremental_strategy='replace_owners', owner_column='contact_id', on_schema_change='fail') }}

with signs_of_life as (
    select signature_id
    from {{ ref('int_signatures') }}
    where event_type not in ('{{ var('not_activity_event_types') | map('lower') | join("', '") }}')
),

active_days as (
    select distinct
        contact_id,
        activity_date
    from {{ ref('int_events_classified') }}
    where
        contact_id is not null
        and machine_reason is null
        and signature_id in (select signs_of_life.signature_id from signs_of_life)
        and {{ is_in_scope('contact_id') }}
),

followed as (
    select
        contact_id,
        activity_date,
        lead(activity_date) over (partition by contact_id order by activity_date) as next_activity_date
    from active_days
)

select * from followed
