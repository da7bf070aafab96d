-- One row per recomputed day, threshold and entity (and product) that it looks at: the score, and the one of the day before
-- (null: not seen then).
with days as (
    select * from {{ ref('int_history_days') }}
    where is_recomputed
),

thresholds as (
    select * from {{ ref('int_threshold_days') }}
),

-- Of a history of years, the days that are looked at.
days_read as (
    select as_of_date from days
    union
    select previous_date as as_of_date from days
),

contact_scores as (
    select * from {{ ref('score_history') }}
    where as_of_date in (select days_read.as_of_date from days_read)
),

account_scores as (
    select * from {{ ref('account_score_history') }}
    where as_of_date in (select days_read.as_of_date from days_read)
),

custom_history as (
    select * from {{ ref('custom_score_history') }}
    where as_of_date in (select days_read.as_of_date from days_read)
),

entity_scores as (
    select as_of_date, 'contact' as entity, contact_id as entity_id, 'lead' as score_id, lead_score as score from contact_scores
    union all
    select as_of_date, 'contact' as entity, contact_id as entity_id, 'activity' as score_id, activity_score as score from contact_scores
    union all
    select as_of_date, 'contact' as entity, contact_id as entity_id, 'fit' as score_id, fit_score as score from contact_scores
    union all
    select as_of_date, 'account' as entity, account_id as entity_id, 'activity' as score_id, account_activity_score as score from account_scores
    union all
    select as_of_date, 'account' as entity, account_id as entity_id, 'fit' as score_id, account_fit_score as score from account_scores
    union all
    select
        contact_scores.as_of_date,
        'contact' as entity,
        contact_scores.contact_id as entity_id,
        custom_scores.score_id,
        coalesce(history.score, 0.0) as score
    from contact_scores
    cross join (
        select distinct score_id
        from {{ ref('int_threshold_days') }}
        where score_id not in ('lead', 'activity', 'fit', 'product_interest')
    ) as custom_scores
    left join custom_history as history
        on contact_scores.as_of_date = history.as_of_date
        and contact_scores.contact_id = history.contact_id
        and custom_scores.score_id = history.score_id
),

entity_products as (
    select as_of_date, 'contact' as entity, contact_id as entity_id, product_id, score from {{ ref('product_interest_history') }}
    where as_of_date in (select days_read.as_of_date from days_read)
    union all
    select as_of_date, 'account' as entity, account_id as entity_id, product_id, score from {{ ref('int_account_product_interest_history') }}
    where as_of_date in (select days_read.as_of_date from days_read)
),

products_seen as (
    select * from {{ ref('int_products_seen') }}
),

-- From the day a product is seen it has a score each day that its entity is in the history: 0 where no row says otherwise.
product_scores as (
    select
        entity_scores.as_of_date,
        entity_scores.entity,
        entity_scores.entity_id,
        products_seen.product_id,
        coalesce(entity_products.score, 0.0) as score
    from entity_scores
    inner join products_seen
        on entity_scores.entity = products_seen.entity
        and entity_scores.entity_id = products_seen.entity_id
        and entity_scores.as_of_date >= products_seen.as_of_date
        and entity_scores.score_id = 'activity'
    left join entity_products
        on entity_scores.as_of_date = entity_products.as_of_date
        and products_seen.entity = entity_products.entity
        and products_seen.entity_id = entity_products.entity_id
        and products_seen.product_id = entity_products.product_id
),

all_scores as (
    select as_of_date, entity, entity_id, score_id, cast(null as {{ dbt.type_string() }}) as product_id, score from entity_scores
    union all
    select as_of_date, entity, entity_id, 'product_interest' as score_id, product_id, score from product_scores
),

observations as (
    select
        days.as_of_date,
        days.previous_date,
        thresholds.threshold_id,
        thresholds.score_id,
        thresholds.entity,
        scores_now.entity_id,
        scores_now.product_id,
        scores_now.score,
        scores_before.score as score_before,
        thresholds.value as threshold_value,
        thresholds.action,
        case
            when thresholds.comparison = '>' then {{ comparable('scores_now.score') }} > {{ comparable('thresholds.value') }}
            else {{ comparable('scores_now.score') }} >= {{ comparable('thresholds.value') }}
        end as is_met,
        {{ comparable('scores_now.score') }} < {{ comparable('thresholds.rearm_below') }} as is_rearmed
    from days
    inner join thresholds on days.as_of_date = thresholds.as_of_date
    inner join all_scores as scores_now
        on days.as_of_date = scores_now.as_of_date
        and thresholds.entity = scores_now.entity
        and thresholds.score_id = scores_now.score_id
        and (thresholds.product_id is null or thresholds.product_id = scores_now.product_id)
    left join all_scores as scores_before
        on days.previous_date = scores_before.as_of_date
        and scores_now.entity = scores_before.entity
        and scores_now.entity_id = scores_before.entity_id
        and scores_now.score_id = scores_before.score_id
        and coalesce(scores_now.product_id, '') = coalesce(scores_before.product_id, '')
)

select * from observations
