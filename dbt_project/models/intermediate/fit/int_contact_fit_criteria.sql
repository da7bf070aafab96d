-- One row per contact and criterion, all of them: those of the contact and those of its account.
{{ config(materialized='incremental', incremental_strategy='replace_contact_profiles', on_schema_change='fail') }}

with contacts as (
    select
        contact_id,
        account_id
    from {{ ref('int_contacts') }}
    where {{ is_profile_in_scope('contact', 'contact_id') }}
),

fit_criteria as (
    select
        criterion_id,
        lower(entity) as entity,
        weight
    from {{ ref('fit_criteria') }}
),

assessed as (
    select * from {{ ref('int_fit_criteria') }}
),

contact_criteria as (
    select
        contacts.contact_id,
        fit_criteria.criterion_id,
        fit_criteria.entity,
        fit_criteria.weight,
        case when fit_criteria.entity = 'account' then contacts.account_id else contacts.contact_id end as entity_id
    from contacts
    cross join fit_criteria
),

weighted as (
    select
        contact_criteria.contact_id,
        contact_criteria.criterion_id,
        assessed.rule_ids,
        assessed.attribute_value,
        assessed.entity_id is not null as is_known,
        coalesce(assessed.criterion_points, 0.0) as criterion_points,
        contact_criteria.weight,
        contact_criteria.weight / 100.0 * coalesce(assessed.criterion_points, 0.0)
        + coalesce(assessed.penalty_points, 0.0) as weighted_points
    from contact_criteria
    left join assessed
        on contact_criteria.entity = assessed.entity
        and contact_criteria.entity_id = assessed.entity_id
        and contact_criteria.criterion_id = assessed.criterion_id
)

select * from weighted
