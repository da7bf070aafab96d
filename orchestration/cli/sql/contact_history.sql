-- The contact's recorded days, the last 60 of them, oldest first.
from (
    select as_of_date, activity_score, fit_score, lead_score, lead_grade, temperature
    from marts.score_history
    where contact_id = $contact_id
    order by as_of_date desc
    limit 60
)
order by as_of_date
