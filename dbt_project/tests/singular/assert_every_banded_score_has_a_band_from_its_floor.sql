-- One row per score, `fit`, `activity` or with bands of its own, whose lowest band does not start at its floor.
select
    scores.score_id,
    scores.floor,
    min(score_bands.min_score) as lowest_band
from {{ ref('scores') }} as scores
left join {{ ref('score_bands') }} as score_bands on scores.score_id = score_bands.score_id
where scores.score_id in ('fit', 'activity') or score_bands.score_id is not null
group by scores.score_id, scores.floor
having min(score_bands.min_score) is null or min(score_bands.min_score) <> scores.floor
