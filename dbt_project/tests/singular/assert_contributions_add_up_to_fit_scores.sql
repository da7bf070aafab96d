-- One row per contact, not excluded, whose fit score is not the clamped sum of its fit contributions.
with explained as (
    select
        contact_id,
        sum(weighted_points) as points
    from {{ ref('fit_contributions') }}
    group by contact_id
)

select
    contact_scores.contact_id,
    contact_scores.fit_score,
    explained.points
from {{ ref('contact_scores') }} as contact_scores
cross join {{ ref('scores') }} as scores
left join explained on contact_scores.contact_id = explained.contact_id
where
    scores.score_id = 'fit'
    and not contact_scores.is_excluded
    and abs(contact_scores.fit_score - {{ clamp('coalesce(explained.points, 0.0)', 'scores.floor', 'scores.ceiling') }}) > 1e-6
