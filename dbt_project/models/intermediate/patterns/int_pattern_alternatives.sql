-- One row per alternative of a pattern, ready for LIKE (escape '^'). Title patterns stand between spaces.
with patterns as (
    select
        *,
        length(pattern) - length(replace(pattern, '|', '')) as bar_count
    from {{ ref('int_patterns') }}
),

numbers as (
    select * from {{ ref('int_numbers') }}
),

split as (
    select
        patterns.field,
        patterns.pattern,
        {{ trim_text("split_part(patterns.pattern, '|', numbers.number + 1)") }} as alternative
    from patterns
    inner join numbers on numbers.number <= patterns.bar_count
),

signed as (
    select
        field,
        pattern,
        alternative like '!%' as is_negative,
        case when alternative like '!%' then substr(alternative, 2) else alternative end as alternative
    from split
),

alternatives as (
    select
        field,
        pattern,
        is_negative,
        case
            when field = 'job_title' then {{ like_title_pattern('alternative') }}
            else {{ like_pattern(trim_text('alternative')) }}
        end as like_pattern
    from signed
)

select * from alternatives
