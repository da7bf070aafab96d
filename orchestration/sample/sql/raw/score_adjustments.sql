-- One row per correction by a sales person: most points end after a while, one in five in a group nobody knows.
select
    concat('adj_', contact_no) as adjustment_id,
    contact_id,
    if(contact_no % 200 = 9, 'gut_feeling', pick(['direct', 'events', 'web'], u(key, 'group'))) as group_id,
    pick([-15, -10, 5, 10, 15, 20], u(key, 'points'))::double as points,
    pick(
        ['Met at the trade fair', 'Budget confirmed on the phone', 'Project postponed', 'Asked a partner about us'],
        u(key, 'reason')
    ) as reason,
    pick(['maria.santos', 'tom.keller', 'wei.zhang'], u(key, 'sales person')) || '@lumenforge.example' as created_by,
    getvariable('end_date') - whole(least(getvariable('days'), 120), u(key, 'effective')) as effective_date,
    if(u(key, 'expires') < 0.6, effective_date + 30 + whole(60, u(key, 'expiry')), null) as expires_date,
from people
where contact_no % 40 = 9
