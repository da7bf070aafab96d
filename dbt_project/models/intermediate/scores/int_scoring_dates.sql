-- One row per date that this run scores: the days it records in the history, and the latest day of all.
-- Recorded: the days asked for, every day missing since the last one, a day that was computed before it was over, and what
-- an earlier run began and did not finish.
with earlier_days as (
    {{ recorded_days() }}
),

begun_days as (
    {{ begun_days() }}
),

bounds as (
    select
        {{ date_literal(date_var('history_from_date') or as_of_date()) }} as asked_from,
        {{ date_literal(as_of_date()) }} as asked_to,
        {% if date_var('history_start_date') -%}
        {{ date_literal(date_var('history_start_date')) }}
        {%- else -%}
        cast(null as date)
        {%- endif %} as history_start,
        (select max(as_of_date) from earlier_days) as last_recorded
),

calendar as (
    select {{ add_days('span.first_day', 'numbers.number') }} as as_of_date
    from (
        select
            least(asked_from, history_start, {{ add_days('last_recorded', 1) }}) as first_day,
            asked_to
        from bounds
    ) as span
    inner join {{ ref('int_numbers') }} as numbers
        on {{ add_days('span.first_day', 'numbers.number') }} <= span.asked_to
),

due_days as (
    select calendar.as_of_date
    from calendar
    cross join bounds
    left join earlier_days on calendar.as_of_date = earlier_days.as_of_date
    where
        calendar.as_of_date >= bounds.asked_from
        or (earlier_days.as_of_date is null and calendar.as_of_date > bounds.last_recorded)
        or (earlier_days.as_of_date is null and calendar.as_of_date >= bounds.history_start)
    union
    select earlier_days.as_of_date
    from earlier_days
    cross join bounds
    where
        not earlier_days.is_complete
        and bounds.asked_to >= bounds.last_recorded
    union
    select as_of_date
    from begun_days
),

latest_day as (
    select greatest(asked_to, last_recorded, (select max(begun_days.as_of_date) from begun_days)) as as_of_date
    from bounds
),

dates as (
    select
        coalesce(due_days.as_of_date, latest_day.as_of_date) as as_of_date,
        due_days.as_of_date is not null as is_recorded,
        latest_day.as_of_date is not null as is_latest
    from due_days
    full outer join latest_day on due_days.as_of_date = latest_day.as_of_date
)

select * from dates
