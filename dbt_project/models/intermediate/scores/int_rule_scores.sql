-- One row per scoring date, contact and score made of rule groups (activity and custom scores) with an entry that counts.
with group_points as (
    select * from {{ ref('int_group_points') }}
),

score_groups as (
    select * from {{ ref('score_groups') }}
),

scores as (
    select * from {{ ref('scores') }}
),

sums as (
    select
        group_points.as_of_date,
        group_points.contact_id,
        score_groups.score_id,
        {{ exact_sum(clamp('group_points.points', 'score_groups.min_points', 'score_groups.max_points')) }} as points
    from group_points
    inner join score_groups on group_points.group_id = score_groups.group_id
    group by group_points.as_of_date, group_points.contact_id, score_groups.score_id
),

clamped as (
    select
        sums.as_of_date,
        sums.contact_id,
        sums.score_id,
        {{ clamp('sums.points', 'scores.floor', 'scores.ceiling') }} as score
    from sums
    inner join scores on sums.score_id = scores.score_id
)

select * from clamped
