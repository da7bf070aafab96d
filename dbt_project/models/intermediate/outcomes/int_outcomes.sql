-- One row per outcome day and contact of the population: in the history that day and known, not excluded, without an opportunity so far. It
-- is converted if its first opportunity came within the horizon.
with days as (
    select as_of_date
    from {{ ref('int_outcome_days') }}
),

history as (
    select
        history.as_of_date,
        history.contact_id,
        history.lead_score
    from {{ ref('score_history') }} as history
    inner join days on history.as_of_date = days.as_of_date
    where not coalesce(history.is_excluded, false)
),

contacts as (
    select
        contact_id,
        created_date
    from {{ ref('int_contacts') }}
),

first_opportunities as (
    select * from {{ ref('int_first_opportunities') }}
),

outcomes as (
    select
        history.as_of_date,
        history.contact_id,
        history.lead_score,
        coalesce(
            first_opportunities.first_opportunity_date
            <= {{ add_days('history.as_of_date', var('backtest_horizon_days')) }},
            false
        ) as is_converted
    from history
    inner join contacts on history.contact_id = contacts.contact_id
    left join first_opportunities on history.contact_id = first_opportunities.contact_id
    where
        -- Earlier events came to be the contact's when it was created: on this day nobody had it on a list.
        (contacts.created_date is null or contacts.created_date <= history.as_of_date)
        and (
            first_opportunities.first_opportunity_date is null
            or first_opportunities.first_opportunity_date > history.as_of_date
        )
)

select * from outcomes
