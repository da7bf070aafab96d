-- One row per contact that is newly or no longer qualified: the best ones, and the cause that moved it most in that direction.
with turned as (
    select
        *,
        is_qualified_after as is_new,
        case when is_qualified_after then 1 else -1 end as sign
    from contact_changes
    where is_qualified_before <> is_qualified_after
),

listed as (
    select
        *,
        row_number() over (
            partition by is_new
            order by greatest(lead_score_before, lead_score_after) desc, contact_id
        ) as rank
    from turned
    qualify rank <= $limit
),

-- What the grade is made of: activity and fit.
causes as (
    select
        listed.contact_id,
        effects.file,
        effects.rule_id,
        effects.points,
        row_number() over (
            partition by listed.contact_id
            order by listed.sign * effects.points desc, effects.rule_id
        ) as cause_rank
    from listed
    inner join effects on listed.contact_id = effects.contact_id and effects.score_id in ('activity', 'fit')
)

select
    listed.is_new,
    listed.contact_id,
    listed.full_name,
    listed.job_title,
    listed.account_name,
    listed.lead_grade_before,
    listed.lead_grade_after,
    listed.lead_score_before,
    listed.lead_score_after,
    causes.file as cause_file,
    causes.rule_id as cause,
    causes.points as cause_points
from listed
left join causes on listed.contact_id = causes.contact_id and causes.cause_rank = 1 and listed.sign * causes.points > 0
order by listed.is_new desc, listed.rank
