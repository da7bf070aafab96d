-- Turns of the last seven days per threshold.
select
    entity,
    threshold_id,
    count(*) filter (where direction = 'up') as up,
    count(*) filter (where direction = 'down') as down
from marts.threshold_crossings
where as_of_date > cast($as_of as date) - 7 and as_of_date <= $as_of
group by entity, threshold_id
order by up desc, down desc, threshold_id
