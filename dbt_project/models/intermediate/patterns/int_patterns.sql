-- One row per field and pattern that the rule book matches against it.
with point_rules as (
    select * from {{ ref('stg_rule_book__point_rules') }}
),

patterns as (
    select
        'object' as field,
        object_pattern as pattern
    from point_rules
    union all
    select
        'object' as field,
        object_pattern as pattern
    from {{ ref('content_map') }}
    union all
    select
        'campaign' as field,
        campaign_pattern as pattern
    from point_rules
    union all
    select
        'user_agent' as field,
        pattern
    from {{ ref('bot_user_agents') }}
    union all
    select
        'job_title' as field,
        title_pattern as pattern
    from {{ ref('title_weights') }}
    union all
    select
        match_on as field,
        pattern
    from {{ ref('stg_rule_book__exclusions') }}
    union all
    select
        'attribute' as field,
        operand as pattern
    from {{ ref('stg_rule_book__fit_rules') }}
    where operator = 'like'
),

distinct_patterns as (
    select distinct
        field,
        pattern
    from patterns
    where pattern is not null
)

select * from distinct_patterns
