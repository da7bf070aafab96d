-- What became of the contact's events; machine events by reason.
select outcome, machine_reason, count(*) as events, max(activity_date) as last_activity_date
from marts.event_log
where contact_id = $contact_id and not is_derived and activity_date <= $as_of_date
group by outcome, machine_reason
order by events desc, outcome, machine_reason
