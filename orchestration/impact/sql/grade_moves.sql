-- One row per grade before and grade after that somebody has, those who stay where they are too.
select
    lead_grade_before as grade_before,
    lead_grade_after as grade_after,
    count(*) as contacts
from contact_changes
group by all
order by all
