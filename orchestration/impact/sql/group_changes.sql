-- One row per contact, score and group whose points before the limits of the group, or whose limits, are others.
create table group_changes as
with before_points as (
    select
        points.contact_id,
        groups.score_id,
        points.group_id,
        points.points,
        groups.min_points,
        groups.max_points
    from before.group_points as points
    inner join before.score_groups as groups using (group_id)
),

after_points as (
    select
        points.contact_id,
        groups.score_id,
        points.group_id,
        points.points,
        groups.min_points,
        groups.max_points
    from after.group_points as points
    inner join after.score_groups as groups using (group_id)
)

select
    contact_id,
    score_id,
    group_id,
    coalesce(after.points, 0.0) - coalesce(before.points, 0.0) as points,
    coalesce(before.points < before.min_points, false)
    or coalesce(before.points > before.max_points, false)
    or coalesce(after.points < after.min_points, false)
    or coalesce(after.points > after.max_points, false) as is_limited
from before_points as before
full outer join after_points as after using (contact_id, score_id, group_id)
where
    round(coalesce(after.points, 0.0), 9) <> round(coalesce(before.points, 0.0), 9)
    or before.min_points is distinct from after.min_points
    or before.max_points is distinct from after.max_points
