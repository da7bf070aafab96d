-- One row per contact, rule, activity date, object and product, as of the latest date: every point and where it comes from.
with dates as (
    select * from {{ ref('int_scoring_dates') }}
    where is_latest
),

exclusions as (
    select contact_id
    from {{ ref('int_contact_exclusions') }}
),

in_force as (
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

score_ledger as (
    select
        contact_id,
        group_id,
        rule_id,
        source,
        coalesce(activity_date, as_of_date) as activity_date,
        object,
        product_id,
        cast(sum(hits) as bigint) as hits,
        cast(sum(credited_hits) as bigint) as credited_hits,
        cast(sum(case when is_counted then credited_hits else 0 end) as bigint) as counted_hits,
        sum(case when is_counted then credited_hits * points_per_hit else 0.0 end) as points,
        sum(case
            when is_counted
                then
                    credited_hits * points_per_hit
                    * {{ decay_factor('decay', 'decay_days', days_between('in_force_from', 'as_of_date')) }}
            else 0.0
        end) as decayed_points
    from in_force
    group by contact_id, group_id, rule_id, source, coalesce(activity_date, as_of_date), object, product_id
)

select * from score_ledger
