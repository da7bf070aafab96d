-- Two rows, before and after: the range and the middle of the lead scores of contacts that are not excluded.
select
    false as is_after,
    count(*) as contacts,
    min(lead_score_before) as lowest,
    max(lead_score_before) as highest,
    median(lead_score_before) as median,
    avg(lead_score_before) as mean
from contact_changes
where not was_excluded
union all
select
    true as is_after,
    count(*) as contacts,
    min(lead_score_after) as lowest,
    max(lead_score_after) as highest,
    median(lead_score_after) as median,
    avg(lead_score_after) as mean
from contact_changes
where not is_excluded
order by is_after
