-- One row per scoring date, contact and product with a counted hit of a rule that counts for interest.
{%- set decayed_points -%}
entries.credited_hits * entries.points_per_hit
* {{ decay_factor('entries.decay', 'entries.decay_days', days_between('entries.in_force_from', 'dates.as_of_date')) }}
{%- endset %}
with dates as (
    select * from {{ ref('int_scoring_dates') }}
),

entries as (
    select * from {{ ref('int_point_entries') }}
    where credited_hits > 0 and counts_for_interest and product_id is not null
),

excluded as (
    select contact_id
    from {{ ref('int_contact_exclusions') }}
),

interest_range as (
    select
        floor,
        ceiling
    from {{ ref('scores') }}
    where score_id = 'product_interest'
),

sums as (
    select
        dates.as_of_date,
        entries.contact_id,
        entries.product_id,
        {{ exact_sum(decayed_points) }} as points,
        max(entries.activity_date) as last_activity_date
    from entries
    inner join dates
        on entries.in_force_from <= dates.as_of_date
        and (entries.reset_date is null or entries.reset_date > dates.as_of_date)
    left join excluded on entries.contact_id = excluded.contact_id
    where excluded.contact_id is null
    group by dates.as_of_date, entries.contact_id, entries.product_id
),

clamped as (
    select
        sums.as_of_date,
        sums.contact_id,
        sums.product_id,
        {{ clamp('sums.points', 'interest_range.floor', 'interest_range.ceiling') }} as score,
        sums.last_activity_date
    from sums
    cross join interest_range
)

select * from clamped
