-- One row per entry that can add points to a group: hits of a rule, an adjustment, or an inactivity. It is in force from
-- in_force_from until before in_force_to (null: open), and counts until before reset_date.
{{ config(materialized='view') }}

with ledger as (
    select * from {{ ref('int_ledger') }}
),

point_rules as (
    select * from {{ ref('stg_rule_book__point_rules') }}
),

rule_entries as (
    select
        ledger.contact_id,
        point_rules.group_id,
        ledger.rule_id,
        'rule' as source,
        ledger.activity_date,
        ledger.object,
        ledger.product_id,
        ledger.hits,
        ledger.credited_hits,
        point_rules.points as points_per_hit,
        point_rules.decay,
        point_rules.decay_days,
        point_rules.counts_for_interest,
        point_rules.act_now,
        ledger.activity_date as in_force_from,
        cast(null as date) as in_force_to,
        ledger.reset_date,
        ledger.is_reset_day
    from ledger
    inner join point_rules on ledger.rule_id = point_rules.rule_id
),

adjustment_entries as (
    select
        contact_id,
        group_id,
        'adjustment:' || adjustment_id as rule_id,
        'adjustment' as source,
        in_force_from as activity_date,
        cast(null as {{ dbt.type_string() }}) as object,
        cast(null as {{ dbt.type_string() }}) as product_id,
        1 as hits,
        1 as credited_hits,
        points as points_per_hit,
        'none' as decay,
        cast(null as {{ type_double() }}) as decay_days,
        false as counts_for_interest,
        false as act_now,
        in_force_from,
        in_force_to,
        reset_date,
        false as is_reset_day
    from {{ ref('int_adjustments') }}
),

inactivity_entries as (
    select
        contact_id,
        group_id,
        rule_id,
        'inactivity' as source,
        cast(null as date) as activity_date,
        cast(null as {{ dbt.type_string() }}) as object,
        cast(null as {{ dbt.type_string() }}) as product_id,
        1 as hits,
        1 as credited_hits,
        points as points_per_hit,
        'none' as decay,
        cast(null as {{ type_double() }}) as decay_days,
        false as counts_for_interest,
        false as act_now,
        in_force_from,
        in_force_to,
        cast(null as date) as reset_date,
        false as is_reset_day
    from {{ ref('int_inactivity') }}
),

entries as (
    select * from rule_entries
    union all
    select * from adjustment_entries
    union all
    select * from inactivity_entries
)

select * from entries
