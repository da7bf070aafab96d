-- One row per day of the history, those of this run included, with the day before it.
with earlier_days as (
    {{ recorded_days() }}
),

rule_book_hash as (
    select * from {{ ref('int_rule_book_hash') }}
),

recorded_now as (
    select dates.as_of_date
    from {{ ref('int_scoring_dates') }} as dates
    where dates.is_recorded
),

days as (
    select
        recorded_now.as_of_date,
        rule_book_hash.rule_book_hash
    from recorded_now
    cross join rule_book_hash
    union all
    select
        earlier_days.as_of_date,
        earlier_days.rule_book_hash
    from earlier_days
    left join recorded_now on earlier_days.as_of_date = recorded_now.as_of_date
    where recorded_now.as_of_date is null
),

compared as (
    select
        days.as_of_date,
        days.rule_book_hash,
        lag(days.as_of_date) over (order by days.as_of_date) as previous_date,
        coalesce(days.rule_book_hash <> lag(days.rule_book_hash) over (order by days.as_of_date), false) as has_new_rules,
        days.as_of_date >= (select min(recorded_now.as_of_date) from recorded_now) as is_recomputed
    from days
)

select * from compared
