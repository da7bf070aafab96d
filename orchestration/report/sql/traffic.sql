-- Events of known contacts in the last eight weeks, per week back from the day (0: the last seven days) and reason to
-- take them for a machine's.
select
    (cast($as_of as date) - activity_date) // 7 as weeks_ago,
    case when outcome = 'machine' then coalesce(machine_reason, 'other') end as machine_reason,
    count(*) as events
from marts.event_log
where
    not is_derived
    and outcome in ('scored', 'unmatched', 'machine')
    and activity_date > cast($as_of as date) - 56
    and activity_date <= $as_of
group by all
