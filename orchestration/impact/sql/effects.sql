-- One row per contact, score and cause: the points that the cause adds or takes, before the limits of groups and of the score.
-- A cause is a rule that was edited; `through` holds an unedited rule or criterion whose points moved all the same. Where a contact is
-- excluded now or was, that alone is the cause.
create table effects as
with flipped as (
    select contact_id
    from contact_changes
    where is_excluded <> was_excluded
),

contributions as (
    select
        contact_id,
        score_id,
        rule_id,
        coalesce(after.decayed_points, 0.0) - coalesce(before.decayed_points, 0.0) as points
    from before.score_contributions as before
    full outer join after.score_contributions as after using (contact_id, score_id, group_id, rule_id)
    where round(coalesce(after.decayed_points, 0.0), 9) <> round(coalesce(before.decayed_points, 0.0), 9)
),

rule_effects as (
    select
        contributions.contact_id,
        contributions.score_id,
        changes.file,
        coalesce(changes.rule_id, contributions.rule_id) as rule_id,
        contributions.points
    from contributions
    left join changes
        on contributions.rule_id = changes.rule_id
        and changes.file in ('point_rules', 'inactivity_rules')
    where contributions.contact_id not in (select contact_id from flipped)
),

criteria as (
    select
        contact_id,
        criterion_id,
        before.rule_ids as rules_before,
        after.rule_ids as rules_after,
        coalesce(after.weighted_points, 0.0) - coalesce(before.weighted_points, 0.0) as points
    from before.fit_contributions as before
    full outer join after.fit_contributions as after using (contact_id, criterion_id)
    where round(coalesce(after.weighted_points, 0.0), 9) <> round(coalesce(before.weighted_points, 0.0), 9)
),

-- The winner of a criterion may be another rule than before: all edited ones that had a part in it are its cause.
criteria_by_rules as (
    select distinct
        rules_before,
        rules_after,
        criterion_id
    from criteria
),

causes_of_criteria as (
    select
        by_rules.rules_before,
        by_rules.rules_after,
        by_rules.criterion_id,
        string_agg(distinct changes.file, ' + ' order by changes.file) as file,
        string_agg(distinct changes.rule_id, ' + ' order by changes.rule_id) as rule_id
    from criteria_by_rules as by_rules
    inner join changes
        on (
            changes.file in ('title_weights', 'fit_rules')
            and (
                contains('|' || by_rules.rules_before || '|', '|' || changes.rule_id || '|')
                or contains('|' || by_rules.rules_after || '|', '|' || changes.rule_id || '|')
            )
        )
        or (changes.file = 'fit_criteria' and by_rules.criterion_id = changes.rule_id)
    group by all
),

fit_effects as (
    select
        criteria.contact_id,
        'fit' as score_id,
        causes.file,
        coalesce(causes.rule_id, criteria.criterion_id) as rule_id,
        criteria.points
    from criteria
    left join causes_of_criteria as causes
        on criteria.criterion_id = causes.criterion_id
        and criteria.rules_before is not distinct from causes.rules_before
        and criteria.rules_after is not distinct from causes.rules_after
    inner join contact_changes using (contact_id)
    where not contact_changes.is_excluded and not contact_changes.was_excluded
),

exclusion_effects as (
    select
        contact_id,
        score_id,
        'exclusions' as file,
        'exclusions' as rule_id,
        points
    from score_changes
    where contact_id in (select contact_id from flipped) and score_id <> 'product_interest' and points <> 0
),

all_effects as (
    select * from rule_effects
    union all
    select * from fit_effects
    union all
    select * from exclusion_effects
)

select
    contact_id,
    score_id,
    file,
    rule_id,
    sum(points) as points
from all_effects
group by all
having round(sum(points), 9) <> 0
