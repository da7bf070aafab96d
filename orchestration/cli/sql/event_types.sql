-- The types of all accepted events.
select distinct event_type
from marts.event_log
