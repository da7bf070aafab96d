-- One row per listed contact with an opportunity: the day of the first. An opportunity is that of the contact it names, after merges; one that
-- names none is that of every contact of its account.
with opportunities as (
    select
        opportunity_id,
        account_id,
        contact_id,
        {{ activity_date('created_at') }} as created_date
    from {{ ref('stg_raw__opportunities') }}
),

survivors as (
    select * from {{ ref('int_contact_survivors') }}
),

contacts as (
    select
        contact_id,
        account_id
    from {{ ref('int_contacts') }}
),

of_contacts as (
    select
        contacts.contact_id,
        opportunities.created_date
    from opportunities
    left join survivors on opportunities.contact_id = survivors.merged_contact_id
    inner join contacts on coalesce(survivors.contact_id, opportunities.contact_id) = contacts.contact_id
    where opportunities.contact_id is not null
    union all
    select
        contacts.contact_id,
        opportunities.created_date
    from opportunities
    inner join contacts on opportunities.account_id = contacts.account_id
    where opportunities.contact_id is null
),

first_opportunities as (
    select
        contact_id,
        min(created_date) as first_opportunity_date
    from of_contacts
    group by contact_id
)

select * from first_opportunities
