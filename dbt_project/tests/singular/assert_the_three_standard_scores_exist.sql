-- One row per standard score that the rule book lacks. The models read its range by a cross join: without it, no contacts.
with standard_scores as (
    select 'activity' as score_id
    union all
    select 'fit' as score_id
    union all
    select 'product_interest' as score_id
)

select standard_scores.score_id
from standard_scores
left join {{ ref('scores') }} as scores on standard_scores.score_id = scores.score_id
where scores.score_id is null
