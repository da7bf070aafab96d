-- Every lead score is the sum of the contact's scores, each times its lead weight; of product interest, that of its top
-- product, which is the highest published one. Tolerance 1e-6.
with top_interest as (
    select
        contact_id,
        max(score) as score
    from marts.product_interest_scores
    group by contact_id
),

parts as (
    select contact_id, 'activity' as score_id, activity_score as score
    from marts.contact_scores
    union all
    select contact_id, 'fit' as score_id, fit_score as score
    from marts.contact_scores
    union all
    select contacts.contact_id, 'product_interest' as score_id, coalesce(top_interest.score, 0.0) as score
    from marts.contact_scores as contacts
    left join top_interest on contacts.contact_id = top_interest.contact_id
    union all
    select contact_id, score_id, score
    from marts.custom_scores
),

sums as (
    select
        parts.contact_id,
        count(*) as parts,
        sum(scores.lead_weight * parts.score) as points
    from parts
    inner join rule_book.scores on parts.score_id = scores.score_id
    group by parts.contact_id
),

compared as (
    select
        contacts.contact_id,
        contacts.lead_score,
        sums.points,
        contacts.top_product_score,
        coalesce(top_interest.score, 0.0) as highest_interest,
        sums.parts,
        (select count(*) from rule_book.scores) as scores_of_rule_book
    from marts.contact_scores as contacts
    left join sums on contacts.contact_id = sums.contact_id
    left join top_interest on contacts.contact_id = top_interest.contact_id
)

select * from compared
where (
    abs(lead_score - points) <= 1e-6
    and abs(coalesce(top_product_score, 0.0) - highest_interest) <= 1e-6
    and parts = scores_of_rule_book
) is not true
