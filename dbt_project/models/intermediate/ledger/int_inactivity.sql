-- One row per contact, inactivity rule and silence long enough for it: in force from in_force_from until before in_force_to.
with activity_days as (
    select * from {{ ref('int_activity_days') }}
),

inactivity_rules as (
    select * from {{ ref('stg_rule_book__inactivity_rules') }}
),

silences as (
    select
        activity_days.contact_id,
        inactivity_rules.group_id,
        inactivity_rules.rule_id,
        inactivity_rules.points,
        {{ add_days('activity_days.activity_date', 'inactivity_rules.after_days') }} as in_force_from,
        least(
            activity_days.next_activity_date,
            {{ add_days('activity_days.activity_date', 'inactivity_rules.before_days') }}
        ) as in_force_to
    from activity_days
    inner join inactivity_rules
        on activity_days.next_activity_date is null
        or {{ add_days('activity_days.activity_date', 'inactivity_rules.after_days') }} < activity_days.next_activity_date
)

select * from silences
