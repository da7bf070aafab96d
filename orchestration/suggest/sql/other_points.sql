-- One row per observation and group with points that are no hits of rules: adjustments and silence.
select
    learnt.row_no,
    groups.group_no,
    sum(entries.points_per_hit) as points
from replay.learnt as learnt
inner join intermediate.int_point_entries as entries
    on learnt.scored_id = entries.contact_id
    and entries.source <> 'rule'
    and entries.in_force_from <= learnt.day
    and (entries.in_force_to is null or entries.in_force_to > learnt.day)
    and (entries.reset_date is null or entries.reset_date > learnt.day)
inner join replay.groups as groups on entries.group_id = groups.group_id
group by all
order by all
