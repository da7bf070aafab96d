-- One row per hit: a human event under one rule that fits it. The earliest hits of a cap's scope are credited; since only
-- earlier hits decide, a hit is credited on every date or on none.
with events as (
    select * from {{ ref('int_events') }}
    where contact_id is not null and machine_reason is null
),

signature_rules as (
    select * from {{ ref('int_signature_rules') }}
),

point_rules as (
    select * from {{ ref('stg_rule_book__point_rules') }}
),

hits as (
    select
        events.contact_id,
        point_rules.rule_id,
        events.event_id,
        events.is_derived,
        events.occurred_at,
        events.activity_date,
        events.object,
        events.product_id,
        point_rules.max_hits,
        case point_rules.per
            when 'day' then events.activity_date
            when 'object_day' then events.activity_date
            when 'week' then {{ first_of('week', 'events.activity_date') }}
            when 'month' then {{ first_of('month', 'events.activity_date') }}
        end as cap_period,
        case when point_rules.per in ('object', 'object_day') then events.object end as cap_object
    from events
    -- Empty text is null in raw rows, so '' can stand for null.
    inner join signature_rules
        on events.event_type = signature_rules.event_type
        and coalesce(events.object, '') = coalesce(signature_rules.object, '')
        and coalesce(events.category, '') = coalesce(signature_rules.category, '')
        and coalesce(events.product_id, '') = coalesce(signature_rules.product_id, '')
        and coalesce(events.campaign, '') = coalesce(signature_rules.campaign, '')
    inner join point_rules
        on signature_rules.rule_id = point_rules.rule_id
        and (point_rules.min_value is null or events.value >= point_rules.min_value)
        and (point_rules.max_value is null or events.value <= point_rules.max_value)
        and (point_rules.valid_from is null or events.activity_date >= point_rules.valid_from)
        and (point_rules.valid_to is null or events.activity_date <= point_rules.valid_to)
),

ranked as (
    select
        *,
        row_number() over (
            partition by contact_id, rule_id, cap_period, cap_object
            order by occurred_at, event_id
        ) as hit_rank
    from hits
),

credited as (
    select
        contact_id,
        rule_id,
        event_id,
        is_derived,
        occurred_at,
        activity_date,
        object,
        product_id,
        max_hits is null or hit_rank <= max_hits as is_credited
    from ranked
)

select * from credited
