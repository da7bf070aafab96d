-- One row per scoring date, account and product that a member is interested in.
with members as (
    select
        as_of_date,
        account_id,
        contact_id
    from {{ ref('int_account_members') }}
),

product_interest as (
    select * from {{ ref('int_product_interest') }}
),

interest_range as (
    select
        floor,
        ceiling
    from {{ ref('scores') }}
    where score_id = 'product_interest'
),

sums as (
    select
        members.as_of_date,
        members.account_id,
        product_interest.product_id,
        {{ exact_sum('greatest(product_interest.score, 0.0)') }} as points,
        max(case when {{ comparable('product_interest.score') }} > 0 then product_interest.last_activity_date end) as last_activity_date
    from members
    inner join product_interest
        on members.as_of_date = product_interest.as_of_date
        and members.contact_id = product_interest.contact_id
    group by members.as_of_date, members.account_id, product_interest.product_id
),

clamped as (
    select
        sums.as_of_date,
        sums.account_id,
        sums.product_id,
        {{ clamp('sums.points', 'interest_range.floor', 'interest_range.ceiling') }} as score,
        sums.last_activity_date
    from sums
    cross join interest_range
),

ranked as (
    select
        *,
        row_number() over (
            partition by as_of_date, account_id
            order by {{ comparable('score') }} desc, last_activity_date desc, product_id
        ) as product_rank
    from clamped
    where {{ comparable('score') }} > 0
)

select * from ranked
