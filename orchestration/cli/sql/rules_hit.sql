-- The rules that hit an event in the last $days days up to the latest scores, credited or not.
select distinct rule_id
from marts.score_ledger
where
    source = 'rule'
    and activity_date > (select max(as_of_date) from marts.contact_scores) - cast($days as integer)
