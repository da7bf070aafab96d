-- One row per judged day and contact of the population: known that day and without an opportunity so far. Whoever every rule book
-- excludes leaves it later, when all are scored.
create or replace table replay.population as
select
    days.day,
    contacts.contact_id,
    contacts.contact_no,
    coalesce(doubles.double_id, contacts.contact_id) as scored_id,
    doubles.double_id is not null as has_double,
    contacts.first_opportunity_date - days.day as days_to_opportunity,
    contacts.updated_date > days.day as is_edited_later
from replay.days as days
inner join replay.known_contacts as contacts on contacts.known_date is null or contacts.known_date <= days.day
left join replay.doubles as doubles
    on contacts.contact_id = doubles.contact_id
    and days.day = doubles.day
where contacts.first_opportunity_date is null or contacts.first_opportunity_date > days.day
