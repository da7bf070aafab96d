-- One row per threshold, direction, cause and action: how many crossings, and how many of them the rules make by themselves.
select
    entity,
    threshold_id,
    direction,
    cause,
    action,
    count(*) as crossings,
    count(*) filter (where is_by_rules) as by_rules
from crossings
group by all
order by entity, threshold_id, direction desc, cause
