-- The deductions for silence, each in force from after_days until the group's next longer one.
select
    rule_id,
    group_id,
    after_days,
    lead(after_days) over (partition by group_id order by after_days) as before_days,
    points,
    description
from rule_book.inactivity_rules
where coalesce(enabled, true)
order by group_id, after_days
