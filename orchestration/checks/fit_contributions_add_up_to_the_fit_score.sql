-- Every contact has a contribution of every fit criterion, and their weighted points, summed and clamped, are its fit
-- score, which is 0 if it is excluded. Tolerance 1e-6.
with sums as (
    select
        contact_id,
        count(distinct criterion_id) as criteria,
        case when count(*) = count(weighted_points) then sum(weighted_points) else 'nan' end as points
    from marts.fit_contributions
    group by contact_id
),

compared as (
    select
        coalesce(contact_scores.contact_id, sums.contact_id) as contact_id,
        contact_scores.is_excluded,
        contact_scores.fit_score,
        case
            when contact_scores.is_excluded then 0.0
            else least(greatest(sums.points, fit.floor), fit.ceiling)
        end as points,
        sums.criteria,
        (select count(*) from rule_book.fit_criteria) as criteria_of_rule_book
    from marts.contact_scores
    full outer join sums on contact_scores.contact_id = sums.contact_id
    cross join (select * from rule_book.scores where score_id = 'fit') as fit
)

select * from compared
where (criteria = criteria_of_rule_book and abs(fit_score - points) <= 1e-6 and not isnan(points)) is not true
