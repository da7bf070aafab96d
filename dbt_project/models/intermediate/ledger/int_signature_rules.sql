-- One row per signature and enabled rule that fits it. Value and date ranges are left to the hits, since they would make every event
-- a signature of its own.
with signatures as (
    select * from {{ ref('int_signatures') }}
),

point_rules as (
    select * from {{ ref('stg_rule_book__point_rules') }}
),

matches as (
    select * from {{ ref('int_pattern_matches') }}
),

fitting as (
    select
        signatures.signature_id,
        point_rules.rule_id
    from signatures
    inner join point_rules
        on signatures.event_type = point_rules.event_type
        and (point_rules.category is null or lower(signatures.category) = point_rules.category)
    left join matches as object_matches
        on object_matches.field = 'object'
        and signatures.object = object_matches.value
        and point_rules.object_pattern = object_matches.pattern
    left join matches as campaign_matches
        on campaign_matches.field = 'campaign'
        and signatures.campaign = campaign_matches.value
        and point_rules.campaign_pattern = campaign_matches.pattern
    where
        (point_rules.object_pattern is null or object_matches.pattern is not null)
        and (point_rules.campaign_pattern is null or campaign_matches.pattern is not null)
)

select * from fitting
