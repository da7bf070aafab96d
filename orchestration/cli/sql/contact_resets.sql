-- The contact's entries into stages that reset its score, the last first.
select stage_id, entered_at, entered_date
from intermediate.int_stage_entries
where contact_id = $contact_id and resets_score and entered_date <= $as_of_date
order by entered_at desc
