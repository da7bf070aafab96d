-- One row per contact and score of which the lead score is made, where it is another: the points of the score, and of the lead score.
create table score_changes as
with weights as (
    select
        score_id,
        before.lead_weight as weight_before,
        after.lead_weight as weight_after
    from before.scores as before
    full outer join after.scores as after using (score_id)
),

custom_changes as (
    select
        contact_id,
        score_id,
        coalesce(before.score, 0.0) as score_before,
        coalesce(after.score, 0.0) as score_after
    from before.custom_scores as before
    full outer join after.custom_scores as after using (contact_id, score_id)
),

scores as (
    select contact_id, 'activity' as score_id, activity_score_before as score_before, activity_score_after as score_after
    from contact_changes
    union all
    select contact_id, 'fit' as score_id, fit_score_before as score_before, fit_score_after as score_after
    from contact_changes
    union all
    select contact_id, 'product_interest' as score_id, top_product_score_before as score_before, top_product_score_after as score_after
    from contact_changes
    union all
    select * from custom_changes
)

select
    scores.contact_id,
    scores.score_id,
    scores.score_before,
    scores.score_after,
    scores.score_after - scores.score_before as points,
    coalesce(weights.weight_after, 0.0) * scores.score_after - coalesce(weights.weight_before, 0.0) * scores.score_before as lead_points
from scores
left join weights using (score_id)
where
    round(scores.score_after, 9) <> round(scores.score_before, 9)
    or weights.weight_after is distinct from weights.weight_before
