-- One row per human send of an email: read, ignored, or unknown where only a privacy proxy opened it within the grace time.
{%- set grace = "interval '" ~ (86400 * var('email_grace_days')) | int ~ "' second" %}
with events as (
    select * from {{ ref('int_events_classified') }}
    where contact_id is not null and object is not null
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

verdicts as (
    select
        sends.event_id,
        sends.contact_id,
        sends.object,
        sends.sent_at,
        sends.grace_ends_at,
        case
            when bool_or(responses.is_human) then 'read'
            when count(responses.responded_at) > 0 then 'unknown'
            else 'ignored'
        end as verdict
    from sends
    left join responses
        on sends.contact_id = responses.contact_id
        and sends.object = responses.object
        and responses.responded_at between sends.sent_at and sends.grace_ends_at
    group by sends.event_id, sends.contact_id, sends.object, sends.sent_at, sends.grace_ends_at
)

select * from verdicts
