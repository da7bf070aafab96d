-- One row per scoring date and contact with a hit in the last nine weeks: what temperature and surge are judged by.
-- Points here are undecayed; a surge passes over resets, everything else stops at them.
with dates as (
    select * from {{ ref('int_scoring_dates') }}
),

activity_groups as (
    select group_id
    from {{ ref('score_groups') }}
    where score_id = 'activity'
),

entries as (
    select
        point_entries.*,
        activity_groups.group_id is not null as is_activity
    from {{ ref('int_point_entries') }} as point_entries
    left join activity_groups on point_entries.group_id = activity_groups.group_id
    where point_entries.source = 'rule'
),

aged as (
    select
        dates.as_of_date,
        entries.contact_id,
        {{ days_between('entries.activity_date', 'dates.as_of_date') }} as age_days,
        entries.reset_date is null or entries.reset_date > dates.as_of_date as is_after_reset,
        entries.act_now,
        entries.is_activity and entries.points_per_hit > 0 and entries.credited_hits > 0 as is_positive,
        entries.credited_hits * entries.points_per_hit as points
    from entries
    inner join dates
        on entries.activity_date <= dates.as_of_date
        and entries.activity_date > {{ add_days('dates.as_of_date', '-greatest(63, ' ~ var('cold_after_days') ~ ')') }}
),

engagement as (
    select
        as_of_date,
        contact_id,
        bool_or(act_now and is_after_reset and age_days < 30) as has_act_now,
        bool_or(is_positive and is_after_reset and age_days < {{ var('cold_after_days') }}) as is_warm,
        {{ exact_sum('case when is_positive and age_days < 7 then points else 0.0 end') }} as points_last_7_days,
        {{ exact_sum('case when is_positive and age_days >= 7 and age_days < 63 then points else 0.0 end') }} as points_8_weeks_before
    from aged
    group by as_of_date, contact_id
)

select * from engagement
