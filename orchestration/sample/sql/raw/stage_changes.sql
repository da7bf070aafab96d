-- One row per step of a contact's journey. Only people who took part in a buying project go beyond lead.
with journeys as (
    select
        contact_no,
        contact_id,
        key,
        utc_offset_hours,
        created_on,
        unnest([
            {
                'stage_id': 'visitor',
                'changed_on': case
                    when u(key, 'was visitor') < 0.5 then created_on - 1 - whole(20, u(key, 'visitor since'))
                end
            },
            {'stage_id': 'lead', 'changed_on': created_on},
            {
                'stage_id': 'marketing_qualified',
                'changed_on': case
                    when takes_part and u(key, 'handed over') < 0.5 then project_ends_on - (project_days * 0.7)::int
                end
            },
            {'stage_id': 'sales_qualified', 'changed_on': if(takes_part and has_deal, deal_opened_on - 3, null)},
            {'stage_id': 'opportunity', 'changed_on': if(takes_part and has_deal, deal_opened_on, null)},
            {
                'stage_id': if(deal_outcome = 'won', 'customer', 'lead'),
                'changed_on': if(takes_part and has_deal and deal_outcome <> 'open', deal_closes_on, null)
            },
            {'stage_id': 'customer', 'changed_on': if(customer_since < created_on, created_on + 1, null)},
            {
                'stage_id': if(contact_no % 150 = 6, null, 'disqualified'),
                'changed_on': case
                    when contact_no % 50 = 6 then getvariable('end_date') - 1 - whole(60, u(key, 'disqualified'))
                end
            }
        ], recursive := true),
    from people
)

select
    contact_id,
    stage_id,
    moment(changed_on, key, utc_offset_hours) + to_minutes(if(stage_id = 'visitor', 0, 10)) as changed_at,
from journeys
where changed_at < getvariable('end_date') + 1
