-- One row per contact and group whose points before the limits of the group, or whose limits, are others.
create table group_changes as
with groups as (
    select
        group_id,
        coalesce(after.score_id, before.score_id) as score_id,
        coalesce(before.min_points, '-infinity'::double) as min_before,
        coalesce(before.max_points, 'infinity'::double) as max_before,
        coalesce(after.min_points, '-infinity'::double) as min_after,
        coalesce(after.max_points, 'infinity'::double) as max_after
    from before.score_groups as before
    full outer join after.score_groups as after using (group_id)
),

moved as (
    select
        contact_id,
        group_id,
        coalesce(before.points, 0.0) as points_before,
        coalesce(after.points, 0.0) as points_after
    from before.group_points as before
    full outer join after.group_points as after using (contact_id, group_id)
)

select
    moved.contact_id,
    groups.score_id,
    moved.group_id,
    moved.points_after - moved.points_before as points,
    moved.points_before not between groups.min_before and groups.max_before
    or moved.points_after not between groups.min_after and groups.max_after as is_limited
from moved
inner join groups using (group_id)
where
    round(moved.points_after, 9) <> round(moved.points_before, 9)
    or groups.min_before <> groups.min_after
    or groups.max_before <> groups.max_after
