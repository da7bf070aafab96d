-- Rows that a warehouse must turn away: one of seven defects for every fortieth contact.
create temp view broken_events as
with defects as (
    select
        *,
        contact_no // 40 % 7 as defect,
        getvariable('end_date') - 1 - whole(getvariable('days') - 1, u(key, 'broken')) as day,
        moment(day, key, utc_offset_hours) as moment_at,
    from people
    where contact_no % 40 = 0
)

select
    case defect when 0 then null when 1 then '  ' else concat('bad-', contact_no) end as event_id,
    sub_key(key, 50000) as key,
    if(defect = 2, null, contact_id) as contact_id,
    null as anonymous_id,
    if(defect = 3, null, 'page_view') as event_type,
    case defect when 4 then null when 5 then moment_at + interval 400 day else moment_at end as occurred_at,
    if(defect = 6, null, moment_at + interval 5 minute) as loaded_at,
    '/pricing' as object,
    null as category,
    null as product_id,
    null as campaign,
    null::double as value,
    browser as user_agent,
from defects;
