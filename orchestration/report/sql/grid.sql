-- A row per lead grade that somebody has now or had seven days ago; excluded contacts are in no cell.
with now_in as (
    select
        lead_grade,
        count(*) as contacts,
        count(*) filter (where is_qualified) as qualified,
        max(recommended_action) as recommended_action
    from marts.contact_scores
    where not is_excluded
    group by lead_grade
),

week_ago_in as (
    select
        history.lead_grade,
        count(*) as contacts
    from marts.score_history as history
    inner join marts.contact_scores as contacts on history.contact_id = contacts.contact_id
    where history.as_of_date = cast($as_of as date) - 7 and not contacts.is_excluded
    group by history.lead_grade
)

select
    lead_grade,
    coalesce(now_in.contacts, 0) as contacts,
    coalesce(week_ago_in.contacts, 0) as contacts_7d_ago,
    coalesce(now_in.qualified, 0) as qualified,
    now_in.recommended_action
from now_in
full join week_ago_in using (lead_grade)
