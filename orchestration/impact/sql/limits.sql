-- One row per contact and score whose change is another than its effects add up to: the rest that limits of groups and scores take or give.
create table limits as
with sums as (
    select contact_id, score_id, sum(points) as points
    from effects
    group by contact_id, score_id
),

limited_groups as (
    select
        contact_id,
        score_id,
        bool_or(is_limited) as is_limited
    from group_changes
    group by contact_id, score_id
),

ranges as (
    select
        score_id,
        before.floor as floor_before,
        before.ceiling as ceiling_before,
        after.floor as floor_after,
        after.ceiling as ceiling_after
    from before.scores as before
    full outer join after.scores as after using (score_id)
),

compared as (
    select
        contact_id,
        score_id,
        coalesce(score_changes.points, 0.0) - coalesce(sums.points, 0.0) as points,
        coalesce(
            score_changes.score_before,
            case score_id when 'activity' then contacts.activity_score_before when 'fit' then contacts.fit_score_before else custom_scores.score end,
            0.0
        ) as score_before,
        coalesce(
            score_changes.score_after,
            case score_id when 'activity' then contacts.activity_score_after when 'fit' then contacts.fit_score_after else custom_scores.score end,
            0.0
        ) as score_after
    from (select * from score_changes where score_id <> 'product_interest') as score_changes
    full outer join sums using (contact_id, score_id)
    inner join contact_changes as contacts using (contact_id)
    -- Of a score that did not move, where it stands.
    left join after.custom_scores as custom_scores using (contact_id, score_id)
)

select
    compared.contact_id,
    compared.score_id,
    compared.points,
    coalesce(limited_groups.is_limited, false)
    or round(compared.score_before, 9) in (ranges.floor_before, ranges.ceiling_before)
    or round(compared.score_after, 9) in (ranges.floor_after, ranges.ceiling_after) as is_at_a_limit
from compared
left join limited_groups using (contact_id, score_id)
left join ranges using (score_id)
where round(compared.points, 6) <> 0
