-- One row per accepted copy of an event; a re-sent event has several.
{{ config(materialized='view') }}

with accepted as (
    select * from {{ ref('base_raw__events') }}
    where rejection_reason is null
),

copies as (
    select
        accepted.event_id,
        accepted.contact_id,
        accepted.anonymous_id,
        accepted.occurred_at,
        accepted.loaded_at,
        accepted.load_day,
        accepted.raw_loaded_at,
        raw_signatures.signature_id,
        accepted.value,
        accepted.user_agent,
        accepted.is_machine
    from accepted
    inner join {{ ref('int_raw_signatures') }} as raw_signatures on accepted.signature_hash = raw_signatures.raw_hash
)

select * from copies
