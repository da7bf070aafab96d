-- One row per enabled point rule; names in lower case, flags and decay with their defaults.
with point_rules as (
    select * from {{ ref('point_rules') }}
),

enabled_rules as (
    select
        rule_id,
        group_id,
        lower(event_type) as event_type,
        object_pattern,
        lower(category) as category,
        campaign_pattern,
        min_value,
        max_value,
        points,
        max_hits,
        lower(per) as per,
        coalesce(lower(decay), 'none') as decay,
        decay_days,
        valid_from,
        valid_to,
        coalesce(counts_for_interest, false) as counts_for_interest,
        coalesce(act_now, false) as act_now,
        description
    from point_rules
    where coalesce(enabled, true)
)

select * from enabled_rules
