-- One row per contact that is not merged away, with the account it belongs to.
with contacts as (
    select
        *,
        case when strpos(email, '@') > 0 then nullif(lower(split_part(email, '@', -1)), '') end as email_domain
    from {{ ref('stg_raw__contacts') }}
),

merged_away as (
    select merged_contact_id
    from {{ ref('int_contact_survivors') }}
    where not is_in_cycle
),

accounts as (
    select
        account_id,
        account_name,
        case when lower(domain) like 'www.%' then substr(lower(domain), 5) else lower(domain) end as domain
    from {{ ref('stg_raw__accounts') }}
),

free_email_domains as (
    select distinct lower(email_domain) as domain
    from {{ ref('free_email_domains') }}
),

account_domains as (
    select
        accounts.domain,
        min(accounts.account_id) as account_id
    from accounts
    left join free_email_domains on accounts.domain = free_email_domains.domain
    where free_email_domains.domain is null
    group by accounts.domain
),

with_account as (
    select
        contacts.contact_id,
        contacts.email,
        contacts.email_domain,
        contacts.full_name,
        contacts.job_title,
        contacts.department,
        contacts.phone,
        contacts.country,
        contacts.account_id as given_account_id,
        coalesce(accounts.account_id, account_domains.account_id) as account_id,
        contacts.email_opt_out,
        contacts.created_at,
        {{ activity_date('contacts.created_at') }} as created_date,
        contacts.updated_at
    from contacts
    left join merged_away on contacts.contact_id = merged_away.merged_contact_id
    left join accounts on contacts.account_id = accounts.account_id
    left join account_domains on contacts.email_domain = account_domains.domain
    where merged_away.merged_contact_id is null
),

named as (
    select
        with_account.*,
        accounts.account_name
    from with_account
    left join accounts on with_account.account_id = accounts.account_id
)

select * from named
