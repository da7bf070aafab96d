-- The latest turns of thresholds, newest day first, with the name of whom they are about.
select
    threshold_crossings.*,
    coalesce(contact_scores.full_name, account_scores.account_name, threshold_crossings.entity_id) as entity_name
from marts.threshold_crossings
left join marts.contact_scores
    on threshold_crossings.entity = 'contact' and threshold_crossings.entity_id = contact_scores.contact_id
left join marts.account_scores
    on threshold_crossings.entity = 'account' and threshold_crossings.entity_id = account_scores.account_id
order by
    threshold_crossings.as_of_date desc,
    threshold_crossings.direction desc,
    round(threshold_crossings.score_after, 9) desc,
    threshold_crossings.crossing_id
limit $limit
