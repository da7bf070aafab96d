-- One row per contact, rule, activity date, object and product, as of the latest date: every point and where it comes from.
{{ config(materialized='view') }}

with dates as (
    select * from {{ ref('int_scoring_dates') }}
    where is_latest
),

exclusions as (
    select contact_id
    from {{ ref('int_contact_exclusions') }}
),

in_force as {{ not_materialized() }} (
    select
        entries.*,
        dates.as_of_date,
        exclusions.contact_id is null
        and (entries.reset_date is null or entries.reset_date > dates.as_of_date) as is_counted
    from {{ ref('int_point_entries') }} as entries
    inner join dates
        on entries.in_force_from <= dates.as_of_date
        and (entries.in_force_to is null or entries.in_force_to > dates.as_of_date)
    left join exclusions on entries.contact_id = exclusions.contact_id
),

rows_in_force as {{ not_materialized() }} (
    select
        contact_id,
        group_id,
        rule_id,
        source,
        coalesce(activity_date, as_of_date) as activity_date,
        object,
        product_id,
        hits,
        credited_hits,
        case when is_counted then credited_hits else 0 end as counted_hits,
        case when is_counted then credited_hits * points_per_hit else 0.0 end as points,
        case
            when is_counted
                then
                    credited_hits * points_per_hit
                    * {{ decay_factor('decay', 'decay_days', days_between('in_force_from', 'as_of_date')) }}
            else 0.0
        end as decayed_points,
        is_reset_day
    from in_force
),

-- Hits before and after a reset on one day are one row here. On any other day a row is one already: a sum over all would
-- take most of the time of reading the ledger.
joined_over_resets as (
    select
        contact_id,
        group_id,
        rule_id,
        source,
        activity_date,
        object,
        product_id,
        sum(hits) as hits,
        sum(credited_hits) as credited_hits,
        sum(counted_hits) as counted_hits,
        {{ exact_sum('points') }} as points,
        {{ exact_sum('decayed_points') }} as decayed_points
    from rows_in_force
    where is_reset_day
    group by contact_id, group_id, rule_id, source, activity_date, object, product_id
),

all_rows as (
    select
        contact_id,
        group_id,
        rule_id,
        source,
        activity_date,
        object,
        product_id,
        hits,
        credited_hits,
        counted_hits,
        points,
        decayed_points
    from rows_in_force
    where not is_reset_day
    union all
    select * from joined_over_resets
),

score_ledger as (
    select
        contact_id,
        group_id,
        rule_id,
        source,
        activity_date,
        object,
        product_id,
        cast(hits as bigint) as hits,
        cast(credited_hits as bigint) as credited_hits,
        cast(counted_hits as bigint) as counted_hits,
        points,
        decayed_points
    from all_rows
)

select * from score_ledger
