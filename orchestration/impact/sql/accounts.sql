-- One row per account that is newly or no longer qualified, the best ones.
with turned as (
    select
        *,
        is_qualified_after as is_new,
        row_number() over (
            partition by is_qualified_after
            order by greatest(activity_score_before, activity_score_after) desc, account_id
        ) as rank
    from account_changes
    where is_qualified_before <> is_qualified_after
    qualify rank <= $limit
)

select
    is_new,
    account_id,
    account_name,
    account_grade_before,
    account_grade_after,
    activity_score_before,
    activity_score_after
from turned
order by is_new desc, rank
