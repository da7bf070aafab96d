-- One row per day of the history whose outcomes are shown: the latest whose horizon is over, and those 4, 8 and 12 weeks before.
with latest_day as (
    select least(as_of_date, {{ add_days(date_literal(run_date()), -1) }}) as last_known_date
    from {{ ref('int_scoring_dates') }}
    where is_latest
),

weeks as (
    select
        {{ add_days('latest_day.last_known_date', '-' ~ var('backtest_horizon_days') ~ ' - 28 * numbers.number') }} as as_of_date
    from latest_day
    cross join {{ ref('int_numbers') }} as numbers
    where numbers.number < 4
),

rule_book_hash as (
    select * from {{ ref('int_rule_book_hash') }}
),

days as (
    select
        history_days.as_of_date,
        history_days.rule_book_hash,
        history_days.rule_book_hash = rule_book_hash.rule_book_hash as is_current_rule_book
    from {{ ref('int_history_days') }} as history_days
    inner join weeks on history_days.as_of_date = weeks.as_of_date
    cross join rule_book_hash
)

select * from days
