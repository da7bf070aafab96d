-- One row per judged day and contact of the population, in this order: its scores by what was known, and its lead score by what is known
-- now of the time up to that day. days_to_opportunity is -1 where none has come so far.
select
    population.day - (select min(day) from replay.days) as day_offset,
    population.contact_no,
    scores.lead_score,
    scores.activity_score,
    scores.fit_score,
    scores.is_excluded,
    scores_now.lead_score as lead_score_by_hindsight,
    population.has_double,
    population.is_edited_later,
    coalesce(population.days_to_opportunity, -1) as days_to_opportunity
from replay.population as population
inner join intermediate.int_contact_scores as scores
    on population.scored_id = scores.contact_id
    and population.day = scores.as_of_date
inner join intermediate.int_contact_scores as scores_now
    on population.contact_id = scores_now.contact_id
    and population.day = scores_now.as_of_date
order by population.day, population.contact_no
