-- One row per fit rule and distinct value that it fits. Numbers compare as numbers where both sides are numbers, else text
-- compares ignoring case; numeric operators never match text.
with fit_rules as (
    select
        *,
        case operator
            when 'between' then {{ text_to_number(trim_text("split_part(operand, '..', 1)")) }}
            when 'at_least' then {{ text_to_number('operand') }}
        end as low,
        case operator
            when 'between' then {{ text_to_number(trim_text("split_part(operand, '..', 2)")) }}
            when 'at_most' then {{ text_to_number('operand') }}
        end as high
    from {{ ref('stg_rule_book__fit_rules') }}
),

profile_values as (
    select distinct
        entity,
        attribute,
        value,
        {{ text_to_number('value') }} as value_number
    from {{ ref('int_assessed_values') }}
),

operands as (
    select * from {{ ref('int_fit_rule_operands') }}
),

pattern_matches as (
    select
        value,
        pattern
    from {{ ref('int_pattern_matches') }}
    where field = 'attribute'
),

candidates as (
    select
        fit_rules.rule_id,
        fit_rules.operator,
        fit_rules.operand,
        fit_rules.low,
        fit_rules.high,
        profile_values.value,
        profile_values.value_number
    from fit_rules
    inner join profile_values
        on fit_rules.entity = profile_values.entity
        and fit_rules.attribute = profile_values.attribute
),

matches as (
    select
        rule_id,
        value
    from candidates
    where operator = 'is_present'
    union all
    select
        rule_id,
        value
    from candidates
    where
        operator in ('between', 'at_least', 'at_most')
        and value_number is not null
        and (low is null or value_number >= low)
        and (high is null or value_number <= high)
    union all
    select distinct
        candidates.rule_id,
        candidates.value
    from candidates
    inner join operands
        on candidates.rule_id = operands.rule_id
        and (
            candidates.value_number = operands.operand_number
            or (
                (candidates.value_number is null or operands.operand_number is null)
                and lower(candidates.value) = operands.operand
            )
        )
    union all
    select
        candidates.rule_id,
        candidates.value
    from candidates
    inner join pattern_matches
        on candidates.operand = pattern_matches.pattern
        and candidates.value = pattern_matches.value
    where candidates.operator = 'like'
)

select * from matches
