-- One row per contact as of the latest date: who is worth a call, why, and for which product.
with latest_day as (
    select as_of_date
    from {{ ref('int_scoring_dates') }}
    where is_latest
),

grades as (
    select grades.*
    from {{ ref('int_contact_grades') }} as grades
    inner join latest_day on grades.as_of_date = latest_day.as_of_date
),

contacts as (
    select * from {{ ref('int_contacts') }}
),

titles as (
    select * from {{ ref('int_titles') }}
),

top_reasons as (
    select * from {{ ref('int_top_reasons') }}
),

history as (
    select
        history.contact_id,
        history.activity_score,
        history.lead_grade,
        history.temperature
    from {{ ref('score_history') }} as history
    inner join latest_day on history.as_of_date = {{ add_days('latest_day.as_of_date', -7) }}
),

lead_grades as (
    select
        lead_grade,
        coalesce(is_qualified, false) as is_qualified
    from {{ ref('lead_grades') }}
),

rule_book_hash as (
    select * from {{ ref('int_rule_book_hash') }}
),

contact_scores as (
    select
        grades.contact_id,
        grades.account_id,
        contacts.email,
        contacts.full_name,
        contacts.job_title,
        titles.seniority,
        titles.buying_role,
        grades.as_of_date,
        grades.activity_score,
        grades.fit_score,
        grades.lead_score,
        grades.fit_completeness,
        grades.fit_grade,
        grades.activity_level,
        grades.lead_grade,
        grades.is_qualified,
        grades.temperature,
        grades.recommended_action,
        grades.top_product_id,
        grades.top_product_score,
        grades.last_activity_date,
        cast({{ days_between('grades.last_activity_date', 'grades.as_of_date') }} as bigint) as days_since_last_activity,
        history.activity_score as activity_score_7d_ago,
        history.temperature <> 'dead' and lead_grades.is_qualified as is_qualified_7d_ago,
        grades.is_surging,
        grades.has_act_now,
        grades.stage_id,
        grades.is_excluded,
        grades.exclusion_reason,
        grades.is_contactable,
        top_reasons.top_reasons,
        rule_book_hash.rule_book_hash
    from grades
    cross join rule_book_hash
    inner join contacts on grades.contact_id = contacts.contact_id
    left join titles on contacts.job_title = titles.job_title
    left join top_reasons on grades.contact_id = top_reasons.contact_id
    left join history on grades.contact_id = history.contact_id
    left join lead_grades on history.lead_grade = lead_grades.lead_grade
)

select * from contact_scores
