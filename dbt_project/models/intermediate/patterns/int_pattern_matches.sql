-- One row per field, value and pattern that fit: some positive alternative matches, or there is none, and no negative one.
-- Distinct values are matched here once; events and contacts join by value.
with pattern_values as (
    select * from {{ ref('int_pattern_values') }}
),

alternatives as (
    select * from {{ ref('int_pattern_alternatives') }}
),

only_negative_patterns as (
    select
        field,
        pattern
    from alternatives
    group by field, pattern
    having not bool_or(not is_negative)
),

positive_matches as (
    select
        pattern_values.field,
        pattern_values.value,
        alternatives.pattern
    from pattern_values
    inner join alternatives
        on pattern_values.field = alternatives.field
        and not alternatives.is_negative
        and pattern_values.match_text like alternatives.like_pattern escape '^'
    union
    select
        pattern_values.field,
        pattern_values.value,
        only_negative_patterns.pattern
    from pattern_values
    inner join only_negative_patterns on pattern_values.field = only_negative_patterns.field
),

negative_matches as (
    select distinct
        pattern_values.field,
        pattern_values.value,
        alternatives.pattern
    from pattern_values
    inner join alternatives
        on pattern_values.field = alternatives.field
        and alternatives.is_negative
        and pattern_values.match_text like alternatives.like_pattern escape '^'
),

matches as (
    select
        positive_matches.field,
        positive_matches.value,
        positive_matches.pattern
    from positive_matches
    left join negative_matches
        on positive_matches.field = negative_matches.field
        and positive_matches.value = negative_matches.value
        and positive_matches.pattern = negative_matches.pattern
    where negative_matches.pattern is null
)

select * from matches
