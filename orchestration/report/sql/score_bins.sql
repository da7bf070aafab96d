-- How many contacts have a lead score in each bin of `width` points, as of the day and seven days before.
select
    cast(floor(round(history.lead_score, 9) / $width) as integer) as bin,
    count(*) filter (where history.as_of_date = cast($as_of as date)) as contacts,
    count(*) filter (where history.as_of_date <> cast($as_of as date)) as contacts_7d_ago
from marts.score_history as history
inner join marts.contact_scores as contacts on history.contact_id = contacts.contact_id
where history.as_of_date in (cast($as_of as date), cast($as_of as date) - 7) and not contacts.is_excluded
group by bin
order by bin
