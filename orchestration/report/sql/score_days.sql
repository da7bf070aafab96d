-- The lead scores of today's contacts as of the day and seven days before: how many, where they begin and end.
select
    history.as_of_date,
    count(*) as contacts,
    min(round(history.lead_score, 9)) as lowest,
    max(round(history.lead_score, 9)) as highest,
    median(history.lead_score) as median
from marts.score_history as history
inner join marts.contact_scores as contacts on history.contact_id = contacts.contact_id
where history.as_of_date in (cast($as_of as date), cast($as_of as date) - 7) and not contacts.is_excluded
group by history.as_of_date
