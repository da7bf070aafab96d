-- One row per day of the history and account with a member seen by then: the scores as that day's run computed them.
{{ config(materialized='incremental', incremental_strategy='replace_days', full_refresh=false, on_schema_change='append_new_columns') }}

with grades as (
    select * from {{ ref('int_account_grades') }}
),

accounts_seen as (
    select
        account_id,
        min(as_of_date) as seen_date
    from {{ ref('score_history') }}
    where not is_excluded and account_id is not null
    group by account_id
),

history as (
    select
        grades.as_of_date,
        grades.account_id,
        grades.account_activity_score,
        grades.account_fit_score,
        grades.account_grade
    from grades
    inner join {{ ref('int_scoring_dates') }} as dates
        on grades.as_of_date = dates.as_of_date
        and dates.is_recorded
    inner join accounts_seen
        on grades.account_id = accounts_seen.account_id
        and accounts_seen.seen_date <= grades.as_of_date
)

select * from history
