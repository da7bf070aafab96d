-- Every score of the rule book with its range, its weight in the lead score, and the contact's value and band.
select
    scores.score_id,
    scores.floor,
    scores.ceiling,
    scores.lead_weight,
    scores.description,
    case scores.score_id
        when 'activity' then contact_scores.activity_score
        when 'fit' then contact_scores.fit_score
        when 'product_interest' then coalesce(contact_scores.top_product_score, 0)
        else custom_scores.score
    end as score,
    case scores.score_id
        when 'activity' then contact_scores.activity_level
        when 'fit' then contact_scores.fit_grade
        else custom_scores.band
    end as band
from rule_book.scores
cross join marts.contact_scores
left join marts.custom_scores
    on scores.score_id = custom_scores.score_id and contact_scores.contact_id = custom_scores.contact_id
where contact_scores.contact_id = $contact_id
order by
    list_position(['activity', 'fit', 'product_interest'], scores.score_id) nulls last,
    scores.score_id
