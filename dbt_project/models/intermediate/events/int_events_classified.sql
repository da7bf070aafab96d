-- One row per deduplicated event: whose it is (owner_id; contact_id null while it waits), and whether a machine made it and how one
-- knows. What it was about is its signature.
-- depends_on: {{ ref('int_changed_owners') }}
{{ config(materialized='incremental', incremental_strategy='replace_owners', owner_column='owner_id', on_schema_change='fail') }}

with events as (
    select * from {{ ref('int_owned_events') }}
),

bots as (
    select * from {{ ref('int_bot_agents') }}
),

bursts as (
    select * from {{ ref('int_click_bursts') }}
),

private_opens as (
    select signature_id
    from {{ ref('int_signatures') }}
    where event_type = 'email_open' and not is_derived
),

classified as (
    select
        events.event_id,
        events.owner_id,
        case when events.is_listed then events.owner_id end as contact_id,
        events.occurred_at,
        {{ activity_date('events.occurred_at') }} as activity_date,
        events.signature_id,
        events.value,
        case
            when events.is_machine then 'source'
            when not events.is_machine then null
            when bots.user_agent is not null then 'user_agent'
            when private_opens.signature_id is not null then 'mail_privacy'
            when bursts.event_id is not null then 'click_burst'
        end as machine_reason
    from events
    left join bots on events.user_agent = bots.user_agent
    left join private_opens
        on events.signature_id = private_opens.signature_id
        and events.user_agent = 'Mozilla/5.0'
    left join bursts on events.event_id = bursts.event_id
)

select * from classified
