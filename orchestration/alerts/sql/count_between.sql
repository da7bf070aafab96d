-- How many crossings lie on days from $first_day to before $before.
select count(*)
from marts.threshold_crossings
where as_of_date >= $first_day and as_of_date < $before
