-- The most active accounts, qualified ones first, with the roles of their people. The `breadth` most active members are
-- those that count as engaged; a role that only others hold is one to win over.
with accounts as (
    select *
    from marts.account_scores
    where member_count > 0
    order by is_qualified desc, round(account_activity_score, 9) desc, round(account_fit_score, 9) desc, account_id
    limit $limit
),

members as (
    select
        contacts.account_id,
        contacts.buying_role,
        row_number() over (
            partition by contacts.account_id order by contacts.activity_score desc, contacts.contact_id
        ) <= accounts.breadth as is_engaged
    from marts.contact_scores as contacts
    inner join accounts on contacts.account_id = accounts.account_id
    where not contacts.is_excluded
),

held as (
    select
        account_id,
        buying_role,
        bool_or(is_engaged) as is_engaged
    from members
    where buying_role is not null
    group by account_id, buying_role
),

committees as (
    select
        account_id,
        list(buying_role order by buying_role) filter (where is_engaged) as engaged_roles,
        list(buying_role order by buying_role) filter (where not is_engaged) as idle_roles
    from held
    group by account_id
),

products as (
    select
        product_id,
        max(product_name) as product_name
    from marts.product_interest_scores
    group by product_id
)

select
    accounts.account_id,
    accounts.account_name,
    accounts.domain,
    accounts.account_grade,
    accounts.is_qualified,
    accounts.account_activity_score,
    accounts.account_fit_score,
    accounts.member_count,
    accounts.breadth,
    accounts.roles_covered,
    accounts.committee_coverage,
    coalesce(committees.engaged_roles, []) as engaged_roles,
    coalesce(committees.idle_roles, []) as idle_roles,
    coalesce(products.product_name, accounts.top_product_id) as product,
    accounts.is_surging,
    accounts.last_activity_date
from accounts
left join committees on accounts.account_id = committees.account_id
left join products on accounts.top_product_id = products.product_id
order by
    accounts.is_qualified desc,
    round(accounts.account_activity_score, 9) desc,
    round(accounts.account_fit_score, 9) desc,
    accounts.account_id
