-- What customers do: log in week by week, and buy.
create temp view product_events as
with user_weeks as (
    select
        *,
        getvariable('end_date') - greatest(customer_since, getvariable('start_date')) as days_as_customer,
        unnest(range(greatest(0, days_as_customer) // 7)) as week_no,
        sub_key(key, 30000 + week_no) as week_key,
        getvariable('end_date') - 7 * week_no::int - whole(7, u(week_key, 'day')) as day,
    from people
    where customer_since is not null and u(key, 'is user') < 0.4
),

purchases as (
    select
        *,
        -- Old customers buy more, new ones for the first time.
        case
            when customer_since >= getvariable('start_date') then customer_since
            else getvariable('start_date') + whole(getvariable('days'), u(key, 'buys again'))
        end as day,
    from people
    where customer_since is not null and is_main_buyer
)

select
    concat('app-', contact_no, '-', week_no) as event_id,
    week_key as key,
    contact_id,
    null as anonymous_id,
    'login' as event_type,
    moment(day, week_key, utc_offset_hours) as occurred_at,
    focus_product as object,
    null as category,
    focus_product as product_id,
    null as campaign,
    null::double as value,
    browser as user_agent,
from user_weeks
where u(week_key, 'logs in') < 0.5
union all
select
    concat('buy-', contact_no),
    sub_key(key, 40000),
    contact_id,
    null,
    'purchase',
    moment(day, key, utc_offset_hours),
    focus_product || pick(['_starter', '_team', '_business'], u(key, 'plan')),
    null,
    focus_product,
    null,
    pick([1900, 4900, 12000], u(key, 'plan'))::double,
    browser,
from purchases;
