-- Several rows per contact: what forms and sales calls told us. A language may have several values.
with answers as (
    select
        contact_no,
        contact_id,
        unnest([
            {
                'attribute': 'decision_maker',
                'value': if(seniority in ('executive', 'director') or u(key, 'decides') < 0.1, 'yes', 'no'),
                'is_known': u(key, 'asked who decides') < 0.4
            },
            {
                'attribute': 'known_need',
                'value': if(takes_part or u(key, 'needs') < 0.2, 'yes', 'no'),
                'is_known': u(key, 'asked what they need') < if(takes_part, 0.7, 0.1)
            },
            {'attribute': 'language', 'value': language, 'is_known': u(key, 'asked for language') < 0.2},
            {'attribute': 'language', 'value': 'en', 'is_known': u(key, 'asked for language') < 0.1},
            {
                'attribute': if(contact_no % 150 = 3, null, 'source'),
                'value': 'trade fair',
                'is_known': contact_no % 15 = 3
            }
        ], recursive := true),
    from people
)

select contact_id, attribute, value,
from answers
where is_known
