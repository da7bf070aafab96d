-- The stages of the journey as of the day, in their order.
select
    stage_id,
    contacts,
    share,
    entered_30d,
    moved_on_30d,
    median_days_in_stage
from marts.stage_funnel
where as_of_date = $as_of
order by stage_position nulls last, stage_id
limit $limit
