-- One row per enabled fit rule with the entity of its criterion; names in lower case.
with fit_rules as (
    select * from {{ ref('fit_rules') }}
    where coalesce(enabled, true)
),

fit_criteria as (
    select * from {{ ref('fit_criteria') }}
),

enabled_rules as (
    select
        fit_rules.rule_id,
        fit_rules.criterion_id,
        lower(fit_criteria.entity) as entity,
        lower(fit_rules.attribute) as attribute,
        lower(fit_rules.operator) as operator,
        fit_rules.operand,
        fit_rules.points,
        fit_rules.description
    from fit_rules
    inner join fit_criteria on fit_rules.criterion_id = fit_criteria.criterion_id
)

select * from enabled_rules
