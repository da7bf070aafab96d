-- One row per turn of a threshold's state (entity, threshold, product): `up` or `down`. The state of a day is the last
-- decided one; whoever is new starts below. The first day of a threshold is its baseline: its turns are kept, not reported.
{{ config(materialized='incremental', incremental_strategy='replace_from_first_day', full_refresh=false, on_schema_change='append_new_columns') }}
-- depends_on: {{ ref('int_history_days') }}
-- depends_on: {{ ref('int_scoring_dates') }}

with observations as (
    select
        *,
        case
            when not is_recomputed then null
            when is_met then 1
            when coalesce(is_rearmed, not is_met) then -1
        end as decision
    from {{ ref('int_threshold_observations') }}
),

first_days as (
    select
        threshold_id,
        min(as_of_date) as first_date
    from {{ ref('int_threshold_days') }}
    group by threshold_id
),

earlier_states as (
    {%- if is_incremental() %}
    select
        entity,
        entity_id,
        threshold_id,
        product_id,
        direction
    from (
        select
            *,
            row_number() over (
                partition by entity, entity_id, threshold_id, product_id
                order by as_of_date desc
            ) as turn_rank
        from {{ this }}
        where as_of_date < (select min(as_of_date) from {{ ref('int_history_days') }} where is_recomputed)
    ) as earlier_turns
    where turn_rank = 1
    {%- else %}
    select
        entity,
        entity_id,
        threshold_id,
        product_id,
        'down' as direction
    from {{ ref('int_threshold_observations') }}
    where 1 = 0
    {%- endif %}
),

started as (
    select
        observations.*,
        case when earlier_states.direction = 'up' then 1 else -1 end as first_state
    from observations
    left join earlier_states
        on observations.entity = earlier_states.entity
        and observations.entity_id = earlier_states.entity_id
        and observations.threshold_id = earlier_states.threshold_id
        and coalesce(observations.product_id, '') = coalesce(earlier_states.product_id, '')
),

-- Where every decision is what was so before, nothing turns: that is nearly everybody, and needs no order of days.
unsettled as (
    select distinct
        entity,
        entity_id,
        threshold_id,
        coalesce(product_id, '') as product_key
    from started
    where decision <> first_state
),

numbered as (
    select
        started.*,
        case
            when
                started.previous_date = lag(started.as_of_date) over (
                    partition by started.entity, started.entity_id, started.threshold_id, started.score_id, started.product_id
                    order by started.as_of_date, started.is_recomputed
                )
                then lag(started.score) over (
                    partition by started.entity, started.entity_id, started.threshold_id, started.score_id, started.product_id
                    order by started.as_of_date, started.is_recomputed
                )
        end as score_before,
        count(started.decision) over (
            partition by started.entity, started.entity_id, started.threshold_id, started.product_id
            order by started.as_of_date, started.is_recomputed
            rows between unbounded preceding and current row
        ) as decisions_so_far
    from started
    inner join unsettled
        on started.entity = unsettled.entity
        and started.entity_id = unsettled.entity_id
        and started.threshold_id = unsettled.threshold_id
        and coalesce(started.product_id, '') = unsettled.product_key
),

-- No decision keeps the last one: the rows that share a count share the decision that raised it.
states as (
    select
        *,
        coalesce(
            max(decision) over (partition by entity, entity_id, threshold_id, product_id, decisions_so_far),
            first_state
        ) as state
    from numbered
),

compared as (
    select
        *,
        coalesce(
            lag(state) over (partition by entity, entity_id, threshold_id, product_id order by as_of_date, is_recomputed),
            first_state
        ) as state_before
    from states
),

turns as (
    select
        compared.as_of_date,
        compared.previous_date,
        compared.entity,
        compared.entity_id,
        compared.threshold_id,
        compared.score_id,
        compared.product_id,
        case when compared.state = 1 then 'up' else 'down' end as direction,
        compared.score_before,
        compared.score as score_after,
        compared.threshold_value,
        compared.action,
        compared.as_of_date = first_days.first_date as is_baseline
    from compared
    inner join first_days on compared.threshold_id = first_days.threshold_id
    where compared.state <> compared.state_before
)

select * from turns
