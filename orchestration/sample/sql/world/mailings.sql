-- One row per mailing: a newsletter and a product promotion each month, news of the industry and of us each quarter.
create temp table mailings as
with months as (
    select unnest(generate_series(
        date_trunc('month', getvariable('start_date')), getvariable('end_date')::timestamp, interval 1 month
    ))::date as month_start,
),

calendar as (
    select month_start, pick(products(), month(month_start) % 4 / 4.0) as promoted
    from months
),

planned as (
    select
        strftime(month_start, 'newsletter_%Y_%m') as object,
        null as category,
        null as product_id,
        month_start + 4 as day,
    from calendar
    union all
    select concat('promo_', promoted, strftime(month_start, '_%Y_%m')), 'promotion', promoted, month_start + 17
    from calendar
    union all
    select strftime(month_start, 'industry_brief_%Y_%m'), 'industry', null, month_start + 10
    from calendar
    where month(month_start) % 3 = 2
    union all
    select concat('company_news_', year(month_start), '_q', quarter(month_start)), 'company', null, month_start + 23
    from calendar
    where month(month_start) % 3 = 1
)

select
    row_number() over (order by day, object) as mailing_no,
    object,
    category,
    product_id,
    day - case when isodow(day) > 5 then 3 else 0 end as sent_on,
from planned
where sent_on between getvariable('start_date') and getvariable('end_date');
