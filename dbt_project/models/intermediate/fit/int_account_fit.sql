-- One row per account: fit of the account criteria alone, their weights scaled to 100.
with accounts as (
    select account_id
    from {{ ref('stg_raw__accounts') }}
),

criteria as (
    select
        criterion_id,
        weight
    from {{ ref('fit_criteria') }}
    where lower(entity) = 'account'
),

total as (
    select {{ exact_sum('weight') }} as weight
    from criteria
),

account_criteria as (
    select
        criteria.criterion_id,
        criteria.weight / nullif(total.weight, 0) as weight_share
    from criteria
    cross join total
),

assessed as (
    select * from {{ ref('int_fit_criteria') }}
    where entity = 'account'
),

fit_range as (
    select
        floor,
        ceiling
    from {{ ref('scores') }}
    where score_id = 'fit'
),

sums as (
    select
        assessed.entity_id as account_id,
        {{ exact_sum('coalesce(account_criteria.weight_share, 0.0) * assessed.criterion_points + assessed.penalty_points') }} as fit_points
    from assessed
    inner join account_criteria on assessed.criterion_id = account_criteria.criterion_id
    group by assessed.entity_id
),

clamped as (
    select
        accounts.account_id,
        {{ clamp('coalesce(sums.fit_points, 0.0)', 'fit_range.floor', 'fit_range.ceiling') }} as account_fit_score
    from accounts
    left join sums on accounts.account_id = sums.account_id
    cross join fit_range
)

select * from clamped
