-- One row per fit rule that compares with single values (`equals`, `in`) and such a value.
with fit_rules as (
    select
        *,
        case when operator = 'in' then length(operand) - length(replace(operand, '|', '')) else 0 end as bar_count
    from {{ ref('stg_rule_book__fit_rules') }}
    where operator in ('equals', 'in')
),

numbers as (
    select * from {{ ref('int_numbers') }}
),

operands as (
    select
        fit_rules.rule_id,
        lower(case
            when fit_rules.operator = 'in'
                then {{ trim_text("split_part(fit_rules.operand, '|', numbers.number + 1)") }}
            else fit_rules.operand
        end) as operand
    from fit_rules
    inner join numbers on numbers.number <= fit_rules.bar_count
),

typed as (
    select distinct
        rule_id,
        operand,
        {{ text_to_number('operand') }} as operand_number
    from operands
)

select * from typed
