-- One row per contact, rule, activity date, object, product and date of the reset that ends it (null: none).
-- Only on a day of a reset (is_reset_day) can one day have several rows of one rule, object and product.
-- It holds no points and no date of scoring: one ledger serves every rule book change of numbers and every as_of_date.
-- depends_on: {{ ref('int_changed_owners') }}
-- depends_on: {{ ref('int_changed_rules') }}
{{ config(materialized='incremental', incremental_strategy='replace_cells', on_schema_change='fail') }}

with hits as (
    select * from {{ ref('int_hits') }}
),

resets as (
    select * from {{ ref('int_score_resets') }}
),

reset_days as (
    select distinct
        contact_id,
        reset_date
    from resets
),

ledger as (
    select
        hits.contact_id,
        hits.rule_id,
        hits.activity_date,
        hits.object,
        hits.product_id,
        resets.reset_date,
        reset_days.reset_date is not null as is_reset_day,
        count(*) as hits,
        sum(case when hits.is_credited then 1 else 0 end) as credited_hits
    from hits
    left join reset_days
        on hits.contact_id = reset_days.contact_id
        and hits.activity_date = reset_days.reset_date
    left join resets
        on hits.contact_id = resets.contact_id
        and hits.occurred_at <= resets.reset_at
        and (resets.previous_reset_at is null or hits.occurred_at > resets.previous_reset_at)
    group by
        hits.contact_id,
        hits.rule_id,
        hits.activity_date,
        hits.object,
        hits.product_id,
        resets.reset_date,
        reset_days.reset_date
)

select * from ledger
