-- One row per account as of the latest date: the roll-up of its members.
with account_scores as (
    select
        grades.account_id,
        grades.account_name,
        grades.domain,
        grades.as_of_date,
        grades.account_activity_score,
        grades.account_fit_score,
        grades.fit_grade,
        grades.activity_level,
        grades.account_grade,
        grades.is_qualified,
        cast(grades.member_count as bigint) as member_count,
        cast(grades.breadth as bigint) as breadth,
        grades.sum_activity,
        grades.max_activity,
        grades.mean_activity,
        cast(grades.roles_covered as bigint) as roles_covered,
        grades.committee_coverage,
        grades.top_product_id,
        grades.top_product_score,
        grades.is_surging,
        grades.last_activity_date
    from {{ ref('int_account_grades') }} as grades
    inner join {{ ref('int_scoring_dates') }} as dates
        on grades.as_of_date = dates.as_of_date
        and dates.is_latest
)

select * from account_scores
