-- Every published score is a number between the floor and the ceiling of its score; the lead score between those that
-- its weights make; shares between 0 and 1. Of the history, the days that this run recorded: older ones were looked at
-- when they were, and a history of years would be read again by every run.
with ranges as (
    select
        score_id,
        floor,
        ceiling
    from rule_book.scores
    union all
    select
        'lead' as score_id,
        sum(lead_weight * floor) as floor,
        sum(lead_weight * ceiling) as ceiling
    from rule_book.scores
    union all
    select
        'share' as score_id,
        0.0 as floor,
        1.0 as ceiling
),

days_of_this_run as (
    select as_of_date
    from intermediate.int_scoring_dates
    where is_recorded
),

contacts as (
    unpivot (
        select
            contact_id,
            as_of_date,
            coalesce(activity_score, 'nan') as activity,
            coalesce(fit_score, 'nan') as fit,
            coalesce(lead_score, 'nan') as lead,
            coalesce(fit_completeness, 'nan') as share,
            coalesce(top_product_score, case when top_product_id is not null then cast('nan' as double) else 0.0 end) as product_interest
        from marts.contact_scores
    )
    on activity, fit, lead, share, product_interest
    into name score_id value score
),

accounts as (
    unpivot (
        select
            account_id,
            as_of_date,
            coalesce(account_activity_score, 'nan') as activity,
            coalesce(account_fit_score, 'nan') as fit,
            coalesce(committee_coverage, 0.0) as share,
            coalesce(top_product_score, case when top_product_id is not null then cast('nan' as double) else 0.0 end) as product_interest
        from marts.account_scores
    )
    on activity, fit, share, product_interest
    into name score_id value score
),

contact_days as (
    unpivot (
        select
            contact_id,
            as_of_date,
            coalesce(activity_score, 'nan') as activity,
            coalesce(fit_score, 'nan') as fit,
            coalesce(lead_score, 'nan') as lead
        from marts.score_history
        semi join days_of_this_run using (as_of_date)
    )
    on activity, fit, lead
    into name score_id value score
),

account_days as (
    unpivot (
        select
            account_id,
            as_of_date,
            coalesce(account_activity_score, 'nan') as activity,
            coalesce(account_fit_score, 'nan') as fit
        from marts.account_score_history
        semi join days_of_this_run using (as_of_date)
    )
    on activity, fit
    into name score_id value score
),

published as (
    select 'contact_scores' as table_name, contact_id as entity_id, as_of_date, score_id, score from contacts
    union all
    select 'account_scores', account_id, as_of_date, score_id, score from accounts
    union all
    select 'score_history', contact_id, as_of_date, score_id, score from contact_days
    union all
    select 'account_score_history', account_id, as_of_date, score_id, score from account_days
    union all
    select 'custom_scores', contact_id, as_of_date, score_id, score from marts.custom_scores
    union all
    select 'custom_score_history', contact_id, as_of_date, score_id, score
    from marts.custom_score_history
    semi join days_of_this_run using (as_of_date)
    union all
    select 'product_interest_scores', contact_id, as_of_date, 'product_interest', score from marts.product_interest_scores
    union all
    select 'product_interest_history', contact_id, as_of_date, 'product_interest', score
    from marts.product_interest_history
    semi join days_of_this_run using (as_of_date)
    union all
    select 'account_product_interest', account_id, as_of_date, 'product_interest', score from marts.account_product_interest
)

select
    published.table_name,
    published.entity_id,
    published.as_of_date,
    published.score_id,
    published.score,
    ranges.floor,
    ranges.ceiling
from published
left join ranges on published.score_id = ranges.score_id
-- Not a number and no value fail like any other violation.
where (published.score between ranges.floor - 1e-6 and ranges.ceiling + 1e-6) is not true
