-- One row per day, threshold and entity (and product) that it looks at, with the score: of the recomputed days, and of the
-- days before them, for the score that a turn comes from.
with days as (
    select * from {{ ref('int_history_days') }}
    where is_recomputed
),

days_read as (
    select as_of_date, as_of_date as threshold_date, previous_date, true as is_recomputed from days
    union all
    select previous_date as as_of_date, as_of_date as threshold_date, cast(null as date) as previous_date, false as is_recomputed
    from days
    where previous_date is not null
),

-- The day before is looked at by the thresholds of the day, unless it has the same itself.
thresholds as (
    select
        days_read.as_of_date,
        days_read.previous_date,
        days_read.is_recomputed,
        threshold_days.threshold_id,
        threshold_days.entity,
        threshold_days.score_id,
        threshold_days.product_id,
        threshold_days.comparison,
        threshold_days.value,
        threshold_days.rearm_below,
        threshold_days.action,
        row_number() over (
            partition by
                days_read.as_of_date, threshold_days.threshold_id, threshold_days.entity, threshold_days.score_id,
                threshold_days.product_id
            order by days_read.is_recomputed desc
        ) as preference
    from days_read
    inner join {{ ref('int_threshold_days') }} as threshold_days on days_read.threshold_date = threshold_days.as_of_date
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
        thresholds.as_of_date,
        thresholds.previous_date,
        thresholds.is_recomputed,
        thresholds.threshold_id,
        thresholds.score_id,
        thresholds.entity,
        all_scores.entity_id,
        all_scores.product_id,
        all_scores.score,
        thresholds.value as threshold_value,
        thresholds.action,
        case
            when thresholds.comparison = '>' then {{ comparable('all_scores.score') }} > {{ comparable('thresholds.value') }}
            else {{ comparable('all_scores.score') }} >= {{ comparable('thresholds.value') }}
        end as is_met,
        {{ comparable('all_scores.score') }} < {{ comparable('thresholds.rearm_below') }} as is_rearmed
    from all_scores
    inner join thresholds
        on all_scores.as_of_date = thresholds.as_of_date
        and thresholds.preference = 1
        and all_scores.entity = thresholds.entity
        and all_scores.score_id = thresholds.score_id
        and (thresholds.product_id is null or thresholds.product_id = all_scores.product_id)
)

select * from observations
