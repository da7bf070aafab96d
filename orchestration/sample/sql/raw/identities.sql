-- One row per cookie that a contact was recognised by, on the day of the first form. A few cookies have two contacts,
-- a few rows no contact.
select
    anonymous_id,
    contact_id,
    moment(created_on, key, utc_offset_hours) as identified_at,
from people
where is_identified
union all
select
    anonymous_id,
    printf('con_%07d', contact_no - 1),
    moment(created_on + 1, key, utc_offset_hours),
from people
where contact_no % 80 = 2
union all
select
    anonymous_id,
    null,
    moment(created_on, key, utc_offset_hours),
from people
where contact_no % 150 = 4
