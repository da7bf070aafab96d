-- One row per scoring date and contact: what is known of it that day beside its points (stage, last activity, consent).
with dates as (
    select as_of_date
    from {{ ref('int_scoring_dates') }}
),

contacts as (
    select
        contact_id,
        email,
        email_opt_out
    from {{ ref('int_contacts') }}
),

activity_days as (
    select * from {{ ref('int_activity_days') }}
),

stage_entries as (
    select * from {{ ref('int_stage_entries') }}
),

consent_changes as (
    select
        events.contact_id,
        signatures.event_type,
        events.occurred_at,
        events.activity_date
    from {{ ref('int_events_classified') }} as events
    inner join {{ ref('int_signatures') }} as signatures on events.signature_id = signatures.signature_id
    where
        signatures.event_type in ('subscription', 'unsubscribe')
        and events.contact_id is not null
        and events.machine_reason is null
),

consents as (
    select
        dates.as_of_date,
        consent_changes.contact_id,
        max(case when consent_changes.event_type = 'unsubscribe' then consent_changes.occurred_at end) as unsubscribed_at,
        max(case when consent_changes.event_type = 'subscription' then consent_changes.occurred_at end) as subscribed_at
    from consent_changes
    inner join dates on consent_changes.activity_date <= dates.as_of_date
    group by dates.as_of_date, consent_changes.contact_id
),

states as (
    select
        dates.as_of_date,
        contacts.contact_id,
        activity_days.activity_date as last_activity_date,
        stage_entries.stage_id,
        stage_entries.entered_date as stage_entered_date,
        coalesce(stage_entries.is_disqualified, false) as is_disqualified,
        coalesce(stage_entries.is_customer, false) as is_customer,
        coalesce(stage_entries.is_known, false) as is_in_known_stage,
        coalesce(contacts.email like '%@%', false)
        and not coalesce(contacts.email_opt_out, false)
        and (
            consents.unsubscribed_at is null
            or coalesce(consents.unsubscribed_at < consents.subscribed_at, false)
        ) as may_be_contacted
    from contacts
    cross join dates
    left join activity_days
        on contacts.contact_id = activity_days.contact_id
        and activity_days.activity_date <= dates.as_of_date
        and (activity_days.next_activity_date is null or activity_days.next_activity_date > dates.as_of_date)
    left join stage_entries
        on contacts.contact_id = stage_entries.contact_id
        and stage_entries.entered_date <= dates.as_of_date
        and (stage_entries.next_entered_date is null or stage_entries.next_entered_date > dates.as_of_date)
    left join consents
        on contacts.contact_id = consents.contact_id
        and dates.as_of_date = consents.as_of_date
)

select * from states
