-- One row per event that was sent several times, always the same: when it was first loaded. Its winning copy was loaded last.
create or replace table replay.first_loads as
select
    event_id,
    min(loaded_at) as loaded_at
from replay.copies
group by event_id
having count(distinct content) = 1
