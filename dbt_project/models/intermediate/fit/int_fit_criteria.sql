-- One row per contact or account and criterion of its kind: points of 100, penalties, what gave them, and whether the
-- criterion is known.
-- depends_on: {{ ref('int_changed_profiles') }}
{{ config(materialized='incremental', incremental_strategy='replace_profiles', on_schema_change='fail') }}

with fit_criteria as (
    select
        criterion_id,
        lower(entity) as entity
    from {{ ref('fit_criteria') }}
),

fit_rules as (
    select * from {{ ref('stg_rule_book__fit_rules') }}
),

profile_values as (
    select * from {{ ref('int_assessed_values') }}
),

matches as (
    select * from {{ ref('int_fit_rule_matches') }}
),

titles as (
    select * from {{ ref('int_titles') }}
),

attributes_read as (
    select distinct
        criterion_id,
        entity,
        attribute
    from fit_rules
    union
    select
        criterion_id,
        entity,
        'job_title' as attribute
    from fit_criteria
    where criterion_id = 'job_title'
),

known_criteria as (
    select
        attributes_read.entity,
        profile_values.entity_id,
        attributes_read.criterion_id,
        {{ joined_text('distinct profile_values.value', '|', 'profile_values.value') }} as attribute_value
    from attributes_read
    inner join profile_values
        on attributes_read.entity = profile_values.entity
        and attributes_read.attribute = profile_values.attribute
    group by attributes_read.entity, profile_values.entity_id, attributes_read.criterion_id
),

rule_points as (
    select distinct
        fit_rules.entity,
        profile_values.entity_id,
        fit_rules.criterion_id,
        fit_rules.rule_id,
        fit_rules.points,
        false as is_title
    from fit_rules
    inner join profile_values
        on fit_rules.entity = profile_values.entity
        and fit_rules.attribute = profile_values.attribute
    inner join matches
        on fit_rules.rule_id = matches.rule_id
        and profile_values.value = matches.value
    -- The points of job_title come from title_weights; its rules are penalties.
    where fit_rules.criterion_id <> 'job_title' or fit_rules.points < 0
    union all
    select
        profile_values.entity,
        profile_values.entity_id,
        fit_criteria.criterion_id,
        titles.title_pattern as rule_id,
        titles.points,
        true as is_title
    from titles
    inner join profile_values
        on titles.job_title = profile_values.value
        and profile_values.attribute = 'job_title'
        and profile_values.entity = 'contact'
    inner join fit_criteria on fit_criteria.criterion_id = 'job_title'
),

ranked_points as (
    select
        *,
        max(points) over (partition by entity, entity_id, criterion_id) as most_points
    from rule_points
),

criteria as (
    select
        entity,
        entity_id,
        criterion_id,
        least(100.0, greatest(0.0, max(points))) as criterion_points,
        {{ exact_sum('case when points < 0 then points else 0.0 end') }} as penalty_points,
        {{ joined_text('rule_id', '|', 'case when is_title then 0 else 1 end, rule_id') }} as rule_ids
    from ranked_points
    where is_title or points < 0 or (points > 0 and points = most_points)
    group by entity, entity_id, criterion_id
),

assessed as (
    select
        known_criteria.entity,
        known_criteria.entity_id,
        known_criteria.criterion_id,
        known_criteria.attribute_value,
        coalesce(criteria.criterion_points, 0.0) as criterion_points,
        coalesce(criteria.penalty_points, 0.0) as penalty_points,
        criteria.rule_ids
    from known_criteria
    left join criteria
        on known_criteria.entity = criteria.entity
        and known_criteria.entity_id = criteria.entity_id
        and known_criteria.criterion_id = criteria.criterion_id
)

select * from assessed
