-- One row per contact, a second one for those whose title changed, and two kinds of bad rows. One contact in a hundred
-- is not here yet: its events wait.
with versions (version) as (
    values ('current'), ('earlier'), ('without id'), ('without date')
),

named as (
    select
        people.*,
        version,
        sub_key(sub_key(getvariable('seed'), 3), person_no) as person_key,
        pick(given_names, u(person_key, 'given name')) as given,
        pick(family_names, u(person_key, 'family name')) as family,
        pick(titles, u(person_key, concat('title ', version = 'earlier'))) as title,
        moment(created_on, key, utc_offset_hours) as created_at,
        date_diff('minute', created_at, getvariable('end_date')::timestamp) as minutes_since,
        concat(given['mail_name'], '.', family['mail_name']) as mailbox,
    from people
    cross join versions
    inner join name_lists on name_lists.language = people.language
    inner join title_lists
        on title_lists.language = if(u(people.key, 'english title') < 0.25, 'en', people.language)
        and title_lists.seniority = people.seniority
    where case version
        when 'current' then contact_no % 100 <> 60
        when 'earlier' then u(people.key, 'new title') < 0.05
        when 'without id' then contact_no % 150 = 1
        when 'without date' then contact_no % 150 = 2
    end
)

select
    if(version = 'without id', null, contact_id) as contact_id,
    case
        when contact_no % 200 = 99 then concat('test@', domain)
        when has_free_mail
            then concat(mailbox, person_no, '@', pick(free_mail_domains(), u(key, 'mail provider')))
        when is_merged then concat(given.mail_name, '@', domain)
        else concat(mailbox, '@', domain)
    end as email,
    if(language = 'zh', family.name || given.name, concat(given.name, ' ', family.name)) as full_name,
    case
        when u(key, 'title is known') < 0.92
            then if(u(key, 'untidy') < 0.02, concat('  ', title.job_title, ' '), title.job_title)
    end as job_title,
    title.department,
    case
        when u(key, 'phone') < 0.6 then concat(phone_prefix, ' ', 20000000 + whole(79999999, u(key, 'number')))
        when u(key, 'phone') < 0.65 then ''
    end as phone,
    if(u(key, 'country') < 0.95, country, null) as country,
    if(u(key, 'account is known') < if(has_free_mail, 0.3, 0.8), account_id, null) as account_id,
    unsubscribed_on is not null or u(key, 'opts out') < 0.02 as email_opt_out,
    created_at,
    case version
        when 'without date' then null
        when 'earlier' then created_at
        else created_at + to_minutes((minutes_since * u(key, 'updated'))::bigint)
    end as updated_at,
from named
