-- One row per day of the history and stage of the rule book: how many contacts are in it and how they move.
{{ config(materialized='incremental', incremental_strategy='replace_days', full_refresh=false, on_schema_change='append_new_columns') }}

with dates as (
    select as_of_date
    from {{ ref('int_scoring_dates') }}
    where is_recorded
),

stages as (
    select
        stage_id,
        position
    from {{ ref('stages') }}
),

stays as (
    select
        as_of_date,
        stage_id,
        count(*) as contacts,
        percentile_cont(0.5) within group (order by days_in_stage) as median_days_in_stage,
        {{ exact_sum('lead_score') }} / count(*) as mean_lead_score
    from {{ ref('int_stage_stays') }}
    group by as_of_date, stage_id
),

moves as (
    select * from {{ ref('int_stage_moves') }}
),

funnel as (
    select
        dates.as_of_date,
        stages.stage_id,
        stages.position as stage_position,
        cast(coalesce(stays.contacts, 0) as bigint) as contacts,
        coalesce(
            cast(stays.contacts as {{ type_double() }}) / nullif(sum(stays.contacts) over (partition by dates.as_of_date), 0),
            0.0
        ) as share,
        cast(coalesce(moves.entered_30d, 0) as bigint) as entered_30d,
        cast(coalesce(moves.moved_on_30d, 0) as bigint) as moved_on_30d,
        cast(stays.median_days_in_stage as {{ type_double() }}) as median_days_in_stage,
        stays.mean_lead_score
    from dates
    cross join stages
    left join stays
        on dates.as_of_date = stays.as_of_date
        and stages.stage_id = stays.stage_id
    left join moves
        on dates.as_of_date = moves.as_of_date
        and stages.stage_id = moves.stage_id
)

select * from funnel
