-- One row per scoring date and account with members: how many required buying roles an engaged member holds.
with members as (
    select * from {{ ref('int_account_members') }}
),

required_roles as (
    select distinct buying_role
    from {{ ref('buying_roles') }}
    where is_required
),

committees as (
    select
        members.as_of_date,
        members.account_id,
        count(distinct case when members.is_engaged then required_roles.buying_role end) as roles_covered
    from members
    left join required_roles on members.buying_role = required_roles.buying_role
    group by members.as_of_date, members.account_id
)

select * from committees
