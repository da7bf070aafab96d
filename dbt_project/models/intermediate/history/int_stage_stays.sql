-- One row per recorded scoring date and contact of the funnel that is in a stage of the rule book that day.
with grades as (
    select * from {{ ref('int_contact_grades') }}
    where not is_excluded and is_in_known_stage
),

history as (
    select
        as_of_date,
        contact_id
    from {{ ref('score_history') }}
),

stays as (
    select
        grades.as_of_date,
        grades.contact_id,
        grades.stage_id,
        {{ days_between('grades.stage_entered_date', 'grades.as_of_date') }} as days_in_stage,
        grades.lead_score
    from grades
    inner join {{ ref('int_scoring_dates') }} as dates
        on grades.as_of_date = dates.as_of_date
        and dates.is_recorded
    inner join history
        on grades.as_of_date = history.as_of_date
        and grades.contact_id = history.contact_id
)

select * from stays
