-- One row per enabled inactivity rule: in force from after_days of silence until the group's next longer one.
with inactivity_rules as (
    select * from {{ ref('inactivity_rules') }}
    where coalesce(enabled, true)
),

ranged as (
    select
        rule_id,
        group_id,
        after_days,
        lead(after_days) over (partition by group_id order by after_days) as before_days,
        points,
        description
    from inactivity_rules
)

select * from ranged
