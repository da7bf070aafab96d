-- What became of every raw event row.
select
    outcome,
    events
from marts.event_outcomes
order by events desc, outcome
