-- One row per scoring date and account, all of them: the roll-up of its members, committee, grades.
with accounts as (
    select
        account_id,
        account_name,
        domain
    from {{ ref('stg_raw__accounts') }}
),

dates as (
    select as_of_date
    from {{ ref('int_scoring_dates') }}
),

members as (
    select * from {{ ref('int_account_members') }}
),

rank_weights as (
    select * from {{ ref('account_rank_weights') }}
),

activity_range as (
    select
        floor,
        ceiling
    from {{ ref('scores') }}
    where score_id = 'activity'
),

required_roles as (
    select count(distinct buying_role) as required_roles
    from {{ ref('buying_roles') }}
    where is_required
),

rolled_up as (
    select
        members.as_of_date,
        members.account_id,
        count(*) as member_count,
        sum(case when members.is_engaged then 1 else 0 end) as breadth,
        sum(case when members.last_activity_date is not null then 1 else 0 end) as ever_active,
        {{ exact_sum('coalesce(rank_weights.weight, 0.0) * members.activity_score') }} as weighted_activity,
        {{ exact_sum('members.activity_score') }} as sum_activity,
        max(members.activity_score) as max_activity,
        {{ exact_sum('members.activity_score') }} / count(*) as mean_activity,
        bool_or(members.is_surging) as is_surging,
        max(members.last_activity_date) as last_activity_date
    from members
    left join rank_weights on members.contact_rank = rank_weights.contact_rank
    group by members.as_of_date, members.account_id
),

filled as (
    select
        dates.as_of_date,
        accounts.account_id,
        accounts.account_name,
        accounts.domain,
        coalesce(rolled_up.member_count, 0) as member_count,
        coalesce(rolled_up.breadth, 0) as breadth,
        coalesce(rolled_up.ever_active, 0) as ever_active,
        coalesce(rolled_up.weighted_activity, 0.0)
        * (1 + 0.1 * least(greatest(coalesce(rolled_up.breadth, 0) - 1, 0), 4)) as activity_points,
        coalesce(rolled_up.sum_activity, 0.0) as sum_activity,
        coalesce(rolled_up.max_activity, 0.0) as max_activity,
        coalesce(rolled_up.mean_activity, 0.0) as mean_activity,
        coalesce(rolled_up.is_surging, false) as is_surging,
        rolled_up.last_activity_date
    from accounts
    cross join dates
    left join rolled_up
        on accounts.account_id = rolled_up.account_id
        and dates.as_of_date = rolled_up.as_of_date
),

scored as (
    select
        filled.as_of_date,
        filled.account_id,
        filled.account_name,
        filled.domain,
        {{ clamp('filled.activity_points', 'activity_range.floor', 'activity_range.ceiling') }} as account_activity_score,
        fit.account_fit_score,
        filled.member_count,
        filled.breadth,
        filled.ever_active,
        filled.sum_activity,
        filled.max_activity,
        filled.mean_activity,
        coalesce(committees.roles_covered, 0) as roles_covered,
        cast(coalesce(committees.roles_covered, 0) as {{ type_double() }})
        / nullif(required_roles.required_roles, 0) as committee_coverage,
        top_products.product_id as top_product_id,
        coalesce(top_products.score, 0.0) as top_product_score,
        filled.is_surging,
        filled.last_activity_date
    from filled
    cross join activity_range
    cross join required_roles
    inner join {{ ref('int_account_fit') }} as fit on filled.account_id = fit.account_id
    left join {{ ref('int_account_committees') }} as committees
        on filled.account_id = committees.account_id
        and filled.as_of_date = committees.as_of_date
    left join {{ ref('int_account_product_interest') }} as top_products
        on filled.account_id = top_products.account_id
        and filled.as_of_date = top_products.as_of_date
        and top_products.product_rank = 1
)

select * from scored
