-- One row per judged day and contact that is learnt from: every contact that converts, and of the others a sample, weighted accordingly.
create or replace table replay.learnt as
with contacts as (
    select
        contact_id,
        bool_or(coalesce(days_to_opportunity <= getvariable('horizon_days')::integer, false)) as converts,
        count(*) as days
    from replay.population
    group by contact_id
),

shares as (
    select
        contacts.contact_id,
        case
            when contacts.converts then 1.0
            else least(1.0, getvariable('most_rows') / nullif(sum(contacts.days) filter (not contacts.converts) over (), 0))
        end as share
    from contacts
)

select
    row_number() over (order by population.day, population.contact_no) - 1 as row_no,
    population.day - (select min(day) from replay.days) as day_offset,
    population.day,
    population.contact_no,
    population.scored_id,
    coalesce(population.days_to_opportunity, -1) as days_to_opportunity,
    1 / shares.share as weight,
    scores.lead_score,
    scores.activity_score,
    scores.fit_score
from replay.population as population
inner join shares on population.contact_id = shares.contact_id
inner join intermediate.int_contact_scores as scores
    on population.scored_id = scores.contact_id
    and population.day = scores.as_of_date
where
    not scores.is_excluded
    -- Other digits than those that the contacts of a huge warehouse are drawn by.
    and cast('0x' || substr(md5(population.contact_id), 9, 8) as bigint) < shares.share * 4294967296
