-- One row per human send of an email: read, ignored, or unknown where only a privacy proxy opened it within the grace time.
{%- set grace = "interval '" ~ (86400 * var('email_grace_days')) | int ~ "' second" %}
{{ config(materialized='view') }}

with events as (
    select
        events.event_id,
        events.contact_id,
        events.occurred_at,
        events.machine_reason,
        signatures.event_type,
        signatures.object
    from {{ ref('int_events_classified') }} as events
    inner join {{ ref('int_signatures') }} as signatures on events.signature_id = signatures.signature_id
    where
        signatures.event_type in ('email_sent', 'email_open', 'email_click')
        and signatures.object is not null
        and events.contact_id is not null
        and {{ is_in_scope('events.contact_id') }}
),

sends as (
    select
        event_id,
        contact_id,
        object,
        occurred_at as sent_at,
        occurred_at + {{ grace }} as grace_ends_at
    from events
    where event_type = 'email_sent' and machine_reason is null
),

responses as (
    select
        contact_id,
        object,
        occurred_at as responded_at,
        machine_reason is null as is_human
    from events
    where
        event_type in ('email_open', 'email_click')
        and (machine_reason is null or machine_reason = 'mail_privacy')
),

answered as (
    select
        sends.event_id,
        bool_or(responses.is_human) as is_read
    from sends
    inner join responses
        on sends.contact_id = responses.contact_id
        and sends.object = responses.object
        and responses.responded_at between sends.sent_at and sends.grace_ends_at
    group by sends.event_id
),

verdicts as (
    select
        sends.event_id,
        sends.contact_id,
        sends.object,
        sends.sent_at,
        sends.grace_ends_at,
        case
            when answered.is_read then 'read'
            when answered.event_id is not null then 'unknown'
            else 'ignored'
        end as verdict
    from sends
    left join answered on sends.event_id = answered.event_id
)

select * from verdicts
