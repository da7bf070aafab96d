-- One row per distinct job title of a contact that a row of title_weights fits: the winning row.
with title_weights as (
    select * from {{ ref('title_weights') }}
),

matches as (
    select
        value as job_title,
        pattern
    from {{ ref('int_pattern_matches') }}
    where field = 'job_title'
),

ranked as (
    select
        matches.job_title,
        title_weights.title_pattern,
        title_weights.seniority,
        title_weights.buying_role,
        title_weights.points,
        row_number() over (
            partition by matches.job_title
            order by
                title_weights.priority nulls last,
                length(title_weights.title_pattern) desc,
                title_weights.title_pattern
        ) as title_rank
    from matches
    inner join title_weights on matches.pattern = title_weights.title_pattern
),

winners as (
    select
        job_title,
        title_pattern,
        seniority,
        buying_role,
        points
    from ranked
    where title_rank = 1
)

select * from winners
