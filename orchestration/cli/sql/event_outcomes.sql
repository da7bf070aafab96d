-- What became of every raw event row, in the order in which it is decided.
select outcome, events
from marts.event_outcomes
order by list_position(['rejected', 'duplicate', 'waiting', 'machine', 'scored', 'unmatched'], outcome)
