-- One row per outcome day and enabled rule of points: how many of those it hit before got an opportunity within the horizon, and of the others.
with outcomes as (
    select
        as_of_date,
        contact_id,
        is_converted
    from {{ ref('int_outcomes') }}
),

days as (
    select
        as_of_date,
        cast(count(*) as {{ type_double() }}) as contacts,
        cast(sum(case when is_converted then 1 else 0 end) as {{ type_double() }}) as conversions
    from outcomes
    group by as_of_date
),

point_rules as (
    select
        rule_id,
        group_id,
        description
    from {{ ref('stg_rule_book__point_rules') }}
),

hits as (
    select distinct
        days.as_of_date,
        ledger.rule_id,
        ledger.contact_id
    from {{ ref('int_ledger') }} as ledger
    inner join days
        on ledger.activity_date <= days.as_of_date
        and ledger.activity_date > {{ add_days('days.as_of_date', -var('backtest_lookback_days')) }}
        and (ledger.reset_date is null or ledger.reset_date > days.as_of_date)
    where ledger.credited_hits > 0
),

hit as (
    select
        hits.as_of_date,
        hits.rule_id,
        count(*) as contacts_hit,
        sum(case when outcomes.is_converted then 1 else 0 end) as conversions_hit
    from hits
    inner join outcomes
        on hits.as_of_date = outcomes.as_of_date
        and hits.contact_id = outcomes.contact_id
    group by hits.as_of_date, hits.rule_id
),

counted as (
    select
        days.as_of_date,
        days.contacts,
        days.conversions,
        point_rules.*,
        cast(coalesce(hit.contacts_hit, 0) as {{ type_double() }}) as contacts_hit,
        cast(coalesce(hit.conversions_hit, 0) as {{ type_double() }}) as conversions_hit
    from days
    cross join point_rules
    left join hit
        on days.as_of_date = hit.as_of_date
        and point_rules.rule_id = hit.rule_id
),

performance as (
    select
        as_of_date,
        rule_id,
        group_id,
        description,
        cast({{ var('backtest_horizon_days') }} as bigint) as horizon_days,
        cast({{ var('backtest_lookback_days') }} as bigint) as lookback_days,
        cast(contacts as bigint) as contacts,
        cast(conversions as bigint) as conversions,
        cast(contacts_hit as bigint) as contacts_hit,
        cast(conversions_hit as bigint) as conversions_hit,
        conversions_hit / nullif(contacts_hit, 0) as conversion_rate_with,
        {{ wilson_bound('conversions_hit', 'contacts_hit', '-') }} as conversion_rate_with_low,
        {{ wilson_bound('conversions_hit', 'contacts_hit', '+') }} as conversion_rate_with_high,
        (conversions - conversions_hit) / nullif(contacts - contacts_hit, 0) as conversion_rate_without,
        {{ wilson_bound('(conversions - conversions_hit)', '(contacts - contacts_hit)', '-') }} as conversion_rate_without_low,
        {{ wilson_bound('(conversions - conversions_hit)', '(contacts - contacts_hit)', '+') }} as conversion_rate_without_high,
        conversions_hit / nullif(contacts_hit, 0) / nullif(conversions / contacts, 0) as lift
    from counted
)

select * from performance
