-- One row per scoring date, contact and custom score, all of them; 0 where nothing counts.
with grades as (
    select
        as_of_date,
        contact_id
    from {{ ref('int_contact_scores') }}
),

custom_score_ids as (
    select score_id
    from {{ ref('scores') }}
    where score_id not in ('activity', 'fit', 'product_interest')
),

rule_scores as (
    select * from {{ ref('int_rule_scores') }}
),

score_bands as (
    select * from {{ ref('int_score_bands') }}
),

filled as (
    select
        grades.as_of_date,
        grades.contact_id,
        custom_score_ids.score_id,
        coalesce(rule_scores.score, 0.0) as score
    from grades
    cross join custom_score_ids
    left join rule_scores
        on grades.as_of_date = rule_scores.as_of_date
        and grades.contact_id = rule_scores.contact_id
        and custom_score_ids.score_id = rule_scores.score_id
),

banded as (
    select
        filled.*,
        score_bands.label as band
    from filled
    left join score_bands
        on filled.score_id = score_bands.score_id
        and {{ comparable('filled.score') }} >= score_bands.min_score
        and (score_bands.next_min_score is null or {{ comparable('filled.score') }} < score_bands.next_min_score)
)

select * from banded
