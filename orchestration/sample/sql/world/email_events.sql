-- Sends and what becomes of them: bounced, opened by a privacy proxy, clicked by a scanner, read, clicked.
-- And people who unsubscribe.
create temp view email_events as
with sends as (
    select
        people.* exclude (key),
        mailings.* exclude (product_id),
        mailings.product_id,
        sub_key(people.key, 10000 + mailing_no) as key,
        takes_part and sent_on between project_ends_on - project_days and project_ends_on + 7 as is_buying,
        u(key, 'reads') < if(is_buying, 0.7, read_rate) and not is_bouncing as is_read,
        is_read and u(key, 'clicks') < if(is_buying, 0.5, 0.15) as is_clicked,
    from people
    cross join mailings
    where
        is_subscriber
        and created_on < sent_on
        and sent_on <= coalesce(unsubscribed_on, sent_on)
        and focus_product = coalesce(mailings.product_id, focus_product)
),

steps (step_no, event_type, fate, after_seconds, within_seconds) as (
    values
        (0, 'email_sent', 'sent', 0, 1),
        (1, 'email_bounce', 'bounced', 20, 60),
        (2, 'email_open', 'prefetched', 60, 3600),
        (3, 'email_click', 'scanned', 5.0, 0.1),
        (4, 'email_click', 'scanned', 5.6, 0.1),
        (5, 'email_click', 'scanned', 6.2, 0.1),
        (6, 'email_open', 'read', 900, 80000),
        (7, 'email_click', 'clicked', 81000, 7000)
),

reactions as (
    select
        sends.*,
        steps.*,
        sub_key(key, step_no) as step_key,
        sent_on::timestamp + interval 8 hour
        + to_milliseconds((1000 * (
            3600 * u(key, 'batch') + after_seconds + within_seconds * u(step_key, 'after')
        ))::bigint) as occurred_at,
    from sends
    cross join steps
    where case fate
        when 'sent' then true
        when 'bounced' then is_bouncing
        when 'prefetched' then has_apple_mail and not is_bouncing
        when 'scanned' then has_mail_scanner and not is_bouncing and u(key, 'scanned') < 0.7
        when 'read' then is_read and not has_apple_mail
        when 'clicked' then is_clicked
    end
)

select
    concat('mail-', contact_no, '-', mailing_no, '-', step_no) as event_id,
    step_key as key,
    contact_id,
    null as anonymous_id,
    event_type,
    occurred_at,
    object,
    category,
    product_id,
    object as campaign,
    null::double as value,
    case
        when fate = 'prefetched' then 'Mozilla/5.0'
        when fate not in ('sent', 'bounced') then browser
    end as user_agent,
from reactions
union all
select
    concat('mail-', contact_no, '-unsubscribe'),
    sub_key(people.key, 9999),
    contact_id,
    null,
    'unsubscribe',
    moment(unsubscribed_on, people.key, utc_offset_hours),
    strftime(unsubscribed_on, 'newsletter_%Y_%m'),
    null,
    null,
    null,
    null,
    browser,
from people
where unsubscribed_on is not null;
