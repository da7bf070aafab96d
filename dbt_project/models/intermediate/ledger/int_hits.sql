-- One row per hit: a human event under one rule that fits it. The earliest hits of a cap's scope are credited; since only
-- earlier hits decide, a hit is credited on every date or on none. In a partial run those of changed owners, and those of all others
-- under changed rules.
-- depends_on: {{ ref('int_changed_owners') }}
-- depends_on: {{ ref('int_changed_rules') }}
{{ config(materialized='view') }}

with events as {{ not_materialized() }} (
    select * from {{ ref('int_events') }}
    where contact_id is not null and machine_reason is null
),

{%- if is_partial_run() %}

changed_owners as (
    select owner_id
    from {{ ref('int_changed_owners') }}
),

changed_rules as (
    select rule_id
    from {{ ref('int_changed_rules') }}
),

event_rules as (
    select
        events.*,
        signature_rules.rule_id
    from events
    inner join {{ ref('int_signature_rules') }} as signature_rules on events.signature_id = signature_rules.signature_id
    where events.contact_id in (select owner_id from changed_owners)
    union all
    select
        events.*,
        signature_rules.rule_id
    from events
    inner join {{ ref('int_signature_rules') }} as signature_rules on events.signature_id = signature_rules.signature_id
    where
        signature_rules.rule_id in (select rule_id from changed_rules)
        and events.contact_id not in (select owner_id from changed_owners)
),
{%- else %}

event_rules as (
    select
        events.*,
        signature_rules.rule_id
    from events
    inner join {{ ref('int_signature_rules') }} as signature_rules on events.signature_id = signature_rules.signature_id
),
{%- endif %}

signatures as (
    select
        signature_id,
        object,
        product_id
    from {{ ref('int_signatures') }}
),

point_rules as (
    select * from {{ ref('stg_rule_book__point_rules') }}
),

hits as (
    select
        event_rules.contact_id,
        event_rules.rule_id,
        event_rules.event_id,
        event_rules.is_derived,
        event_rules.occurred_at,
        event_rules.activity_date,
        signatures.object,
        signatures.product_id,
        point_rules.max_hits,
        case point_rules.per
            when 'day' then event_rules.activity_date
            when 'object_day' then event_rules.activity_date
            when 'week' then {{ first_of('week', 'event_rules.activity_date') }}
            when 'month' then {{ first_of('month', 'event_rules.activity_date') }}
        end as cap_period,
        case when point_rules.per in ('object', 'object_day') then signatures.object end as cap_object
    from event_rules
    inner join signatures on event_rules.signature_id = signatures.signature_id
    inner join point_rules
        on event_rules.rule_id = point_rules.rule_id
        and {{ is_in_range('event_rules', 'point_rules') }}
),

-- Most scopes hold no more than their cap: only those that do are put in order.
overfull_scopes as (
    select
        contact_id,
        rule_id,
        cap_period,
        cap_object
    from hits
    where max_hits is not null
    group by contact_id, rule_id, cap_period, cap_object
    having count(*) > max(max_hits)
),

ranked as (
    select
        hits.event_id,
        hits.is_derived,
        hits.rule_id,
        hits.max_hits,
        row_number() over (
            partition by hits.contact_id, hits.rule_id, hits.cap_period, hits.cap_object
            order by hits.occurred_at, hits.event_id
        ) as hit_rank
    from hits
    inner join overfull_scopes
        on hits.contact_id = overfull_scopes.contact_id
        and hits.rule_id = overfull_scopes.rule_id
        and hits.cap_period is not distinct from overfull_scopes.cap_period
        and hits.cap_object is not distinct from overfull_scopes.cap_object
),

over_the_cap as (
    select event_id, is_derived, rule_id
    from ranked
    where hit_rank > max_hits
),

credited as (
    select
        hits.contact_id,
        hits.rule_id,
        hits.event_id,
        hits.is_derived,
        hits.occurred_at,
        hits.activity_date,
        hits.object,
        hits.product_id,
        over_the_cap.event_id is null as is_credited
    from hits
    left join over_the_cap
        on hits.event_id = over_the_cap.event_id
        and hits.is_derived = over_the_cap.is_derived
        and hits.rule_id = over_the_cap.rule_id
)

select * from credited
