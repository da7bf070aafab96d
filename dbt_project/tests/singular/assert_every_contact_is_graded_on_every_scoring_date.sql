-- One row per contact and scoring date without grades: a gap between bands would drop it without a word.
select
    dates.as_of_date,
    contacts.contact_id
from {{ ref('int_contacts') }} as contacts
cross join {{ ref('int_scoring_dates') }} as dates
left join {{ ref('int_contact_grades') }} as grades
    on contacts.contact_id = grades.contact_id
    and dates.as_of_date = grades.as_of_date
where grades.contact_id is null
