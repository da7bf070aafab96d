-- One row per event that is derived from others: a site visit, a streak of ignored emails, an entry into a stage.
{{ config(materialized='incremental', incremental_strategy='replace_owners', owner_column='contact_id', on_schema_change='fail') }}

with site_visits as (
    select
        'site_visit:' || first_event_id as event_id,
        contact_id,
        'site_visit' as event_type,
        last_viewed_at as occurred_at,
        first_object as object,
        cast(sales_ready_objects as {{ type_double() }}) as value
    from {{ ref('int_site_visits') }}
),

email_ignored_streaks as (
    select
        'email_ignored_streak:' || send_event_id as event_id,
        contact_id,
        'email_ignored_streak' as event_type,
        grace_ends_at as occurred_at,
        object,
        cast(null as {{ type_double() }}) as value
    from {{ ref('int_email_ignored_streaks') }}
),

stage_entries as (
    select
        'stage_entered:' || contact_id || ':' || stage_id || ':' || {{ timestamp_text('entered_at') }} as event_id,
        contact_id,
        'stage_entered' as event_type,
        entered_at as occurred_at,
        stage_id as object,
        cast(null as {{ type_double() }}) as value
    from {{ ref('int_stage_entries') }}
    where {{ is_in_scope('contact_id') }}
),

derived as (
    select * from site_visits
    union all
    select * from email_ignored_streaks
    union all
    select * from stage_entries
),

dated as (
    select
        event_id,
        contact_id,
        occurred_at,
        {{ activity_date('occurred_at') }} as activity_date,
        {{ derived_signature_id('event_type', 'object') }} as signature_id,
        value
    from derived
)

select * from dated
