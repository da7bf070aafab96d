-- One row per click in a burst, of the events that this run recomputes: one of three consecutive clicks of a contact within two
-- seconds. Every click counts in finding bursts, whatever the source says of it.
with clicks as (
    select
        events.event_id,
        events.owner_id as contact_id,
        events.occurred_at
    from {{ ref('int_owned_events') }} as events
    inner join {{ ref('int_signatures') }} as signatures on events.signature_id = signatures.signature_id
    where signatures.event_type = 'email_click' and events.is_listed
),

neighbours as (
    select
        event_id,
        occurred_at,
        lag(occurred_at, 2) over (partition by contact_id order by occurred_at, event_id) as two_before,
        lag(occurred_at, 1) over (partition by contact_id order by occurred_at, event_id) as one_before,
        lead(occurred_at, 1) over (partition by contact_id order by occurred_at, event_id) as one_after,
        lead(occurred_at, 2) over (partition by contact_id order by occurred_at, event_id) as two_after
    from clicks
),

bursts as (
    select event_id
    from neighbours
    where
        occurred_at <= two_before + interval '2' second
        or one_after <= one_before + interval '2' second
        or two_after <= occurred_at + interval '2' second
)

select * from bursts
