-- Which of the given crossings are still in the table, as `<crossing_id>:<direction>`.
select crossing_id || ':' || direction
from marts.threshold_crossings
where crossing_id || ':' || direction in (select unnest($turns))
