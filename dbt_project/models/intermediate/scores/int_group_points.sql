-- One row per scoring date, contact and group with an entry that counts: decayed points before the group's clamp.
-- Excluded contacts have none.
{%- set decayed_points -%}
entries.credited_hits * entries.points_per_hit
* {{ decay_factor('entries.decay', 'entries.decay_days', days_between('entries.in_force_from', 'dates.as_of_date')) }}
{%- endset %}
with dates as (
    select * from {{ ref('int_scoring_dates') }}
),

entries as (
    select * from {{ ref('int_point_entries') }}
    where credited_hits > 0
),

excluded as (
    select contact_id
    from {{ ref('int_contact_exclusions') }}
),

group_points as (
    select
        dates.as_of_date,
        entries.contact_id,
        entries.group_id,
        {{ exact_sum(decayed_points) }} as points
    from entries
    inner join dates
        on entries.in_force_from <= dates.as_of_date
        and (entries.in_force_to is null or entries.in_force_to > dates.as_of_date)
        and (entries.reset_date is null or entries.reset_date > dates.as_of_date)
    left join excluded on entries.contact_id = excluded.contact_id
    where excluded.contact_id is null
    group by dates.as_of_date, entries.contact_id, entries.group_id
)

select * from group_points
