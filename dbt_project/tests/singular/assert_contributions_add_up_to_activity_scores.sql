-- One row per contact whose activity score is not the sum of its contributions, clamped per group and in sum.
with group_points as (
    select
        contributions.contact_id,
        {{ clamp('sum(contributions.decayed_points)', 'score_groups.min_points', 'score_groups.max_points') }} as points
    from {{ ref('score_contributions') }} as contributions
    inner join {{ ref('score_groups') }} as score_groups on contributions.group_id = score_groups.group_id
    where contributions.score_id = 'activity'
    group by contributions.contact_id, contributions.group_id, score_groups.min_points, score_groups.max_points
),

explained as (
    select
        contact_id,
        sum(points) as points
    from group_points
    group by contact_id
)

select
    contact_scores.contact_id,
    contact_scores.activity_score,
    explained.points
from {{ ref('contact_scores') }} as contact_scores
cross join {{ ref('scores') }} as scores
left join explained on contact_scores.contact_id = explained.contact_id
where
    scores.score_id = 'activity'
    and abs(
        contact_scores.activity_score
        - {{ clamp('coalesce(explained.points, 0.0)', 'scores.floor', 'scores.ceiling') }}
    ) > 1e-6
