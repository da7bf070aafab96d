-- One row per contact and fit criterion, all of them. Summed and clamped they are the fit score, unless excluded.
{{ config(materialized='view') }}

with fit_contributions as (
    select
        contact_id,
        criterion_id,
        rule_ids,
        attribute_value,
        criterion_points,
        weight,
        weighted_points
    from {{ ref('int_contact_fit_criteria') }}
)

select * from fit_contributions
