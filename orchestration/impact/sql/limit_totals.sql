-- One row per score of which something was edited: its effects, what limits take or give, and what is left: the change of the score.
with effect_sums as (
    select score_id, sum(points) as points
    from effects
    group by score_id
),

limit_sums as (
    select score_id, count(*) as contacts, sum(points) as points
    from limits
    group by score_id
),

change_sums as (
    select score_id, sum(points) as points, sum(lead_points) as lead_points
    from score_changes
    group by score_id
)

select
    score_id,
    effect_sums.points as effects,
    coalesce(limit_sums.contacts, 0) as limited_contacts,
    coalesce(limit_sums.points, 0.0) as limits,
    coalesce(change_sums.points, 0.0) as points,
    coalesce(change_sums.lead_points, 0.0) as lead_points
from effect_sums
full outer join change_sums using (score_id)
left join limit_sums using (score_id)
order by score_id
