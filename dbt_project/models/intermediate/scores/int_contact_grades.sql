-- One row per scoring date and contact: scores, grades, temperature and what to do.
with contact_scores as (
    select * from {{ ref('int_contact_scores') }}
),

states as (
    select * from {{ ref('int_contact_states') }}
),

engagement as (
    select * from {{ ref('int_recent_engagement') }}
),

score_bands as (
    select * from {{ ref('int_score_bands') }}
),

lead_grades as (
    select
        lead_grade,
        coalesce(is_qualified, false) as is_qualified,
        recommended_action
    from {{ ref('lead_grades') }}
),

graded as (
    select
        contact_scores.*,
        fit_bands.label as fit_grade,
        activity_bands.label as activity_level,
        fit_bands.label || activity_bands.label as lead_grade
    from contact_scores
    inner join score_bands as fit_bands
        on fit_bands.score_id = 'fit'
        and {{ comparable('contact_scores.fit_score') }} >= fit_bands.min_score
        and (
            fit_bands.next_min_score is null
            or {{ comparable('contact_scores.fit_score') }} < fit_bands.next_min_score
        )
    inner join score_bands as activity_bands
        on activity_bands.score_id = 'activity'
        and {{ comparable('contact_scores.activity_score') }} >= activity_bands.min_score
        and (
            activity_bands.next_min_score is null
            or {{ comparable('contact_scores.activity_score') }} < activity_bands.next_min_score
        )
),

judged as (
    select
        graded.*,
        states.last_activity_date,
        states.stage_id,
        states.stage_entered_date,
        states.is_in_known_stage,
        states.is_disqualified,
        states.is_customer,
        not graded.is_excluded and states.may_be_contacted as is_contactable,
        graded.is_excluded or states.is_disqualified as is_dead,
        not graded.is_excluded and coalesce(engagement.has_act_now, false) as has_act_now,
        not graded.is_excluded and coalesce(engagement.is_warm, false) as is_warm,
        not graded.is_excluded
        and {{ comparable('coalesce(engagement.points_last_7_days, 0.0)') }} >= {{ var('surge_min_points') }}
        and {{ comparable('coalesce(engagement.points_last_7_days, 0.0)') }}
        >= {{ comparable('3 * coalesce(engagement.points_8_weeks_before, 0.0) / 8.0') }} as is_surging
    from graded
    inner join states
        on graded.contact_id = states.contact_id
        and graded.as_of_date = states.as_of_date
    left join engagement
        on graded.contact_id = engagement.contact_id
        and graded.as_of_date = engagement.as_of_date
),

recommended as (
    select
        judged.*,
        not judged.is_dead and lead_grades.is_qualified as is_qualified,
        case when not judged.is_dead then lead_grades.recommended_action end as recommended_action,
        case
            when judged.is_dead then 'dead'
            when lead_grades.is_qualified or (judged.has_act_now and judged.fit_grade in ('A', 'B', 'C')) then 'hot'
            when not judged.is_warm then 'cold'
            else 'warm'
        end as temperature
    from judged
    left join lead_grades on judged.lead_grade = lead_grades.lead_grade
)

select * from recommended
