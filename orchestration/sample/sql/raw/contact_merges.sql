-- One row per merge: most join two records of a person, a chain joins three; one per 150 contacts lacks its survivor.
select
    contact_id as merged_contact_id,
    printf('con_%07d', contact_no + 1) as surviving_contact_id,
    greatest(created_on, getvariable('end_date') - 1 - whole(getvariable('days') - 1, u(key, 'merged')))::timestamp
    + interval 9 hour as merged_at,
from people
where is_merged
union all
select
    contact_id,
    null,
    created_on::timestamp,
from people
where contact_no % 150 = 5
