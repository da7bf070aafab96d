-- One row per contact and segment it is in, as of the latest date. Excluded and disqualified contacts are in none.
with grades as (
    select grades.*
    from {{ ref('int_contact_grades') }} as grades
    inner join {{ ref('int_scoring_dates') }} as dates
        on grades.as_of_date = dates.as_of_date
        and dates.is_latest
    where not grades.is_dead
),

segments as (
    select contact_id, as_of_date, 'qualified' as segment from grades
    where is_qualified
    union all
    select contact_id, as_of_date, 'hot' as segment from grades
    where temperature = 'hot' and not is_qualified
    union all
    select contact_id, as_of_date, 'surging' as segment from grades
    where is_surging
    union all
    select contact_id, as_of_date, 'stalled_in_stage' as segment from grades
    where
        {{ comparable('activity_score') }} >= 50
        and is_in_known_stage
        and not is_customer
        and {{ days_between('stage_entered_date', 'as_of_date') }} >= {{ var('stalled_after_days') }}
    union all
    select contact_id, as_of_date, 'high_fit_low_activity' as segment from grades
    where fit_grade in ('A', 'B') and activity_level in ('1', '2')
    union all
    select contact_id, as_of_date, 'high_activity_low_fit' as segment from grades
    where fit_grade = 'D' and activity_level in ('3', '4')
    union all
    select contact_id, as_of_date, 'cold' as segment from grades
    where temperature = 'cold' and last_activity_date is not null
    union all
    select contact_id, as_of_date, 'never_active' as segment from grades
    where last_activity_date is null
)

select * from segments
