-- One row per enabled exclusion.
with exclusions as (
    select * from {{ ref('exclusions') }}
),

enabled_rules as (
    select
        rule_id,
        lower(match_on) as match_on,
        pattern,
        lower(reason) as reason,
        description
    from exclusions
    where coalesce(enabled, true)
)

select * from enabled_rules
