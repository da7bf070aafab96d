-- One row per enabled rule of points, by its number; its group is null where it does not count for the activity score.
select
    rules.rule_id,
    groups.group_no,
    point_rules.points,
    point_rules.decay,
    point_rules.decay_days,
    coalesce(rules.description, '') as description
from replay.rules as rules
inner join staging.stg_rule_book__point_rules as point_rules on rules.rule_id = point_rules.rule_id
left join replay.groups as groups on rules.group_id = groups.group_id
order by rules.rule_no
