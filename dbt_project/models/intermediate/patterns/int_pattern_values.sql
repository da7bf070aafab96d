-- One row per field and distinct value that a pattern may match, with the text that LIKE sees.
with signatures as (
    select * from {{ ref('int_raw_signatures') }}
),

contacts as (
    select * from {{ ref('int_contacts') }}
),

fields as (
    select distinct
        'object' as field,
        object as value
    from signatures
    union all
    select distinct
        'object' as field,
        stage_id as value
    from {{ ref('stg_raw__stage_changes') }}
    union all
    select distinct
        'campaign' as field,
        campaign as value
    from signatures
    union all
    select distinct
        'user_agent' as field,
        user_agent as value
    from {{ ref('int_raw_user_agents') }}
    union all
    select distinct
        'job_title' as field,
        job_title as value
    from contacts
    union all
    select distinct
        'email' as field,
        email as value
    from contacts
    union all
    select distinct
        'email_domain' as field,
        email_domain as value
    from contacts
    union all
    select distinct
        'account_id' as field,
        account_id as value
    from contacts
    union all
    select distinct
        'account_name' as field,
        account_name as value
    from contacts
    union all
    select distinct
        'attribute' as field,
        profile_values.value
    from {{ ref('int_profile_values') }} as profile_values
    inner join {{ ref('stg_rule_book__fit_rules') }} as fit_rules
        on profile_values.entity = fit_rules.entity
        and profile_values.attribute = fit_rules.attribute
        and fit_rules.operator = 'like'
),

matched_text as (
    select distinct
        field,
        value,
        case
            when field = 'job_title' then ' ' || {{ trim_text(title_words('value')) }} || ' '
            else lower(value)
        end as match_text
    from fields
    where value is not null
)

select * from matched_text
