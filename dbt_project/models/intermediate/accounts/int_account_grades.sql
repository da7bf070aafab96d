-- One row per scoring date and account: scores with bands, grade and qualification.
with account_scores as (
    select * from {{ ref('int_account_scores') }}
),

score_bands as (
    select * from {{ ref('int_score_bands') }}
),

graded as (
    select
        account_scores.*,
        fit_bands.label as fit_grade,
        activity_bands.label as activity_level,
        fit_bands.label || activity_bands.label as account_grade
    from account_scores
    inner join score_bands as fit_bands
        on fit_bands.score_id = 'fit'
        and {{ comparable('account_scores.account_fit_score') }} >= fit_bands.min_score
        and (
            fit_bands.next_min_score is null
            or {{ comparable('account_scores.account_fit_score') }} < fit_bands.next_min_score
        )
    inner join score_bands as activity_bands
        on activity_bands.score_id = 'activity'
        and {{ comparable('account_scores.account_activity_score') }} >= activity_bands.min_score
        and (
            activity_bands.next_min_score is null
            or {{ comparable('account_scores.account_activity_score') }} < activity_bands.next_min_score
        )
),

qualified as (
    select
        *,
        {{ comparable('account_activity_score') }} >= {{ var('account_qualified_score') }}
        and fit_grade in ('A', 'B', 'C')
        and breadth >= least(2, ever_active)
        and breadth >= 1 as is_qualified
    from graded
)

select * from qualified
