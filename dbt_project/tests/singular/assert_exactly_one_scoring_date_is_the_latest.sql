-- One row with the number of latest dates where it is not one.
select count(*) as latest_dates
from {{ ref('int_scoring_dates') }}
where is_latest
having count(*) <> 1
