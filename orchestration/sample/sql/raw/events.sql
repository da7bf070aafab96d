-- One row per event as the tracker delivered it: mostly minutes later, sometimes days, sometimes twice.
with happenings as (
    select * from email_events
    union all by name
    select * from web_events
    union all by name
    select * from product_events
),

delivered as (
    select
        * exclude (object),
        case
            when not starts_with(object, '/') or u(key, 'address') < 0.5 then object
            when u(key, 'address') < 0.7 then concat(
                'https://www.lumenforge.example', object,
                '?utm_source=', pick(['newsletter', 'google', 'linkedin', 'partner'], u(key, 'source')),
                '&utm_campaign=', coalesce(campaign, 'none')
            )
            when u(key, 'address') < 0.8 then concat('https://www.lumenforge.example', object)
            when u(key, 'address') < 0.9 then concat(object, '?ref=', whole(9000, u(key, 'ref')))
            when u(key, 'address') < 0.95 then concat(rtrim(object, '/'), '/')
            when u(key, 'address') < 0.98 then concat(object, '#top')
            else upper(object)
        end as object,
        occurred_at + to_seconds((case
            when u(key, 'late') < 0.01 then 86400 * (1 + 5 * u(key, 'delay'))
            else 20 + 900 * u(key, 'delay')
        end)::bigint) as loaded_at,
        unnest(range(if(u(key, 'sent twice') < 0.015, 2, 1))) as copy_no,
        case when u(key, 'machine') < 0.01 then true when u(key, 'machine') < 0.015 then false end as is_machine,
    from happenings
    where occurred_at >= getvariable('start_date') and occurred_at < getvariable('end_date') + 1
),

received as (
    select * replace (loaded_at + to_hours(copy_no * 7) as loaded_at) from delivered
    union all by name
    select * from broken_events
)

select
    event_id, contact_id, anonymous_id, event_type, occurred_at, loaded_at, object, category, product_id, campaign,
    value, user_agent, is_machine,
from received
