-- One row per group of the activity score, numbered.
create or replace table replay.groups as
select
    row_number() over (order by group_id) - 1 as group_no,
    group_id,
    min_points,
    max_points
from rule_book.score_groups
where lower(score_id) = 'activity'
