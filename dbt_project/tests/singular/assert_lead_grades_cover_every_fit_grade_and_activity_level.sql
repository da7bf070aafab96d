-- One row per pair of fit and activity band without its row in lead_grades.
with cells as (
    select fit_bands.label || activity_bands.label as lead_grade
    from {{ ref('score_bands') }} as fit_bands
    cross join {{ ref('score_bands') }} as activity_bands
    where fit_bands.score_id = 'fit' and activity_bands.score_id = 'activity'
)

select cells.lead_grade
from cells
left join {{ ref('lead_grades') }} as lead_grades on cells.lead_grade = lead_grades.lead_grade
where lead_grades.lead_grade is null
