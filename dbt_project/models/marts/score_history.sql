-- One row per day of the history and contact seen by then: the scores as that day's run computed them.
{{ config(materialized='incremental', incremental_strategy='replace_days', full_refresh=false, on_schema_change='append_new_columns') }}
-- depends_on: {{ ref('int_begun_days') }}

with grades as (
    select * from {{ ref('int_contact_grades') }}
),

dates as (
    select * from {{ ref('int_scoring_dates') }}
    where is_recorded
),

seen as (
    select * from {{ ref('int_contact_seen') }}
),

rule_book_hash as (
    select * from {{ ref('int_rule_book_hash') }}
),

history as (
    select
        grades.as_of_date,
        grades.contact_id,
        grades.account_id,
        grades.is_excluded,
        grades.activity_score,
        grades.fit_score,
        grades.lead_score,
        grades.lead_grade,
        grades.temperature,
        rule_book_hash.rule_book_hash
    from grades
    inner join dates on grades.as_of_date = dates.as_of_date
    inner join seen
        on grades.contact_id = seen.contact_id
        and (seen.seen_date is null or seen.seen_date <= grades.as_of_date)
    cross join rule_book_hash
)

select * from history
