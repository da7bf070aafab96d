-- One row per outcome day and decile of that day's lead scores with anybody in it: how many of them got an opportunity within the horizon.
with outcomes as (
    select
        as_of_date,
        contact_id,
        is_converted,
        {{ comparable('lead_score') }} as lead_score
    from {{ ref('int_outcomes') }}
),

days as (
    select * from {{ ref('int_outcome_days') }}
),

-- Who has equal scores is in one decile, by the mean rank of the tie.
scores as (
    select
        as_of_date,
        lead_score,
        count(*) as contacts,
        sum(case when is_converted then 1 else 0 end) as conversions
    from outcomes
    group by as_of_date, lead_score
),

ranked as (
    select
        *,
        sum(contacts) over (partition by as_of_date order by lead_score) - contacts / 2.0 as mean_rank,
        sum(contacts) over (partition by as_of_date) as contacts_of_day,
        sum(conversions) over (partition by as_of_date) as conversions_of_day
    from scores
),

placed as (
    select
        *,
        greatest(ceiling({{ comparable('10 * mean_rank / contacts_of_day') }}), 1) as decile
    from ranked
),

deciles as (
    select
        as_of_date,
        contacts_of_day,
        conversions_of_day,
        decile,
        min(lead_score) as lowest_score,
        max(lead_score) as highest_score,
        sum(contacts) as contacts,
        sum(conversions) as conversions
    from placed
    group by as_of_date, contacts_of_day, conversions_of_day, decile
),

calibration as (
    select
        deciles.as_of_date,
        cast(deciles.decile as bigint) as decile,
        cast({{ var('backtest_horizon_days') }} as bigint) as horizon_days,
        days.rule_book_hash,
        days.is_current_rule_book,
        cast(deciles.lowest_score as {{ type_double() }}) as lowest_score,
        cast(deciles.highest_score as {{ type_double() }}) as highest_score,
        cast(deciles.contacts as bigint) as contacts,
        cast(deciles.conversions as bigint) as conversions,
        cast(deciles.conversions as {{ type_double() }}) / deciles.contacts as conversion_rate,
        {{ wilson_bound('deciles.conversions', 'deciles.contacts', '-') }} as conversion_rate_low,
        {{ wilson_bound('deciles.conversions', 'deciles.contacts', '+') }} as conversion_rate_high,
        cast(deciles.conversions as {{ type_double() }}) / deciles.contacts
        / nullif(cast(deciles.conversions_of_day as {{ type_double() }}) / deciles.contacts_of_day, 0) as lift
    from deciles
    inner join days on deciles.as_of_date = days.as_of_date
)

select * from calibration
