-- One row per contact, group and rule with a counted hit, as of the latest date. Summed per group and clamped, then per
-- score and clamped, they are the score.
with ledger as (
    select * from {{ ref('score_ledger') }}
    where counted_hits > 0
),

score_groups as (
    select * from {{ ref('score_groups') }}
),

descriptions as (
    select
        rule_id,
        description
    from {{ ref('stg_rule_book__point_rules') }}
    union all
    select
        rule_id,
        description
    from {{ ref('stg_rule_book__inactivity_rules') }}
    union all
    select
        'adjustment:' || adjustment_id as rule_id,
        reason as description
    from {{ ref('stg_raw__score_adjustments') }}
),

sums as (
    select
        contact_id,
        group_id,
        rule_id,
        cast(sum(counted_hits) as bigint) as counted_hits,
        {{ exact_sum('decayed_points') }} as decayed_points,
        max(activity_date) as last_activity_date
    from ledger
    group by contact_id, group_id, rule_id
),

score_contributions as (
    select
        sums.contact_id,
        score_groups.score_id,
        sums.group_id,
        sums.rule_id,
        descriptions.description,
        sums.counted_hits,
        sums.decayed_points,
        sums.last_activity_date
    from sums
    inner join score_groups on sums.group_id = score_groups.group_id
    left join descriptions on sums.rule_id = descriptions.rule_id
)

select * from score_contributions
