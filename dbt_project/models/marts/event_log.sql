-- One row per accepted, deduplicated or derived event: whose it is and what became of it.
{{ config(materialized='view') }}

with events as {{ not_materialized() }} (
    select
        events.*,
        outcomes.outcome as signature_outcome
    from {{ ref('int_events') }} as events
    inner join {{ ref('int_signature_outcomes') }} as outcomes on events.signature_id = outcomes.signature_id
),

signatures as (
    select * from {{ ref('int_signatures') }}
),

rules_with_ranges as (
    select
        signature_rules.signature_id,
        point_rules.*
    from {{ ref('int_signature_rules') }} as signature_rules
    inner join {{ ref('stg_rule_book__point_rules') }} as point_rules on signature_rules.rule_id = point_rules.rule_id
),

judged as (
    select
        events.*,
        events.signature_outcome as outcome_of_human
    from events
    where events.signature_outcome <> 'depends'
    union all
    select
        events.*,
        case
            when exists (
                select 1
                from rules_with_ranges
                where
                    events.signature_id = rules_with_ranges.signature_id
                    and {{ is_in_range('events', 'rules_with_ranges') }}
            ) then 'scored'
            else 'unmatched'
        end as outcome_of_human
    from events
    where events.signature_outcome = 'depends'
),

event_log as (
    select
        judged.event_id,
        judged.contact_id,
        signatures.event_type,
        signatures.object,
        signatures.category,
        signatures.product_id,
        signatures.campaign,
        judged.value,
        judged.occurred_at,
        judged.activity_date,
        case
            when judged.contact_id is null then 'waiting'
            when judged.machine_reason is not null then 'machine'
            else judged.outcome_of_human
        end as outcome,
        judged.machine_reason,
        judged.is_derived
    from judged
    inner join signatures on judged.signature_id = signatures.signature_id
)

select * from event_log
