-- One row per contact that is never a lead: the exclusion rule with the lowest id gives the reason.
with contacts as (
    select * from {{ ref('int_contacts') }}
),

exclusions as (
    select * from {{ ref('stg_rule_book__exclusions') }}
),

matches as (
    select * from {{ ref('int_pattern_matches') }}
),

contact_values as (
    select contact_id, 'email' as field, email as value from contacts
    union all
    select contact_id, 'email_domain' as field, email_domain as value from contacts
    union all
    select contact_id, 'job_title' as field, job_title as value from contacts
    union all
    select contact_id, 'account_id' as field, account_id as value from contacts
    union all
    select contact_id, 'account_name' as field, account_name as value from contacts
),

matching_rules as (
    select
        contact_values.contact_id,
        exclusions.rule_id,
        exclusions.reason,
        row_number() over (partition by contact_values.contact_id order by exclusions.rule_id) as rule_rank
    from contact_values
    inner join matches
        on contact_values.field = matches.field
        and contact_values.value = matches.value
    inner join exclusions
        on matches.field = exclusions.match_on
        and matches.pattern = exclusions.pattern
),

excluded as (
    select
        contact_id,
        rule_id,
        reason
    from matching_rules
    where rule_rank = 1
)

select * from excluded
