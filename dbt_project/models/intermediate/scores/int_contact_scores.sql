-- One row per scoring date and contact: every part of the lead score and the lead score, before grades. Excluded: all 0.
with states as (
    select * from {{ ref('int_contact_states') }}
),

contacts as (
    select
        contact_id,
        account_id
    from {{ ref('int_contacts') }}
),

exclusions as (
    select * from {{ ref('int_contact_exclusions') }}
),

scores as (
    select * from {{ ref('scores') }}
),

rule_scores as (
    select * from {{ ref('int_rule_scores') }}
),

fit as (
    select * from {{ ref('int_contact_fit') }}
),

top_products as (
    select * from {{ ref('int_top_products') }}
),

lead_weights as (
    select
        max(case when score_id = 'fit' then lead_weight end) as fit_weight,
        max(case when score_id = 'product_interest' then lead_weight end) as interest_weight
    from scores
),

rule_score_sums as (
    select
        rule_scores.as_of_date,
        rule_scores.contact_id,
        max(case when rule_scores.score_id = 'activity' then rule_scores.score end) as activity_score,
        {{ exact_sum('scores.lead_weight * rule_scores.score') }} as weighted_score
    from rule_scores
    inner join scores on rule_scores.score_id = scores.score_id
    group by rule_scores.as_of_date, rule_scores.contact_id
),

parts as (
    select
        states.as_of_date,
        states.contact_id,
        contacts.account_id,
        exclusions.reason as exclusion_reason,
        exclusions.contact_id is not null as is_excluded,
        coalesce(rule_score_sums.activity_score, 0.0) as activity_score,
        case when exclusions.contact_id is null then fit.fit_score else 0.0 end as fit_score,
        fit.fit_completeness,
        top_products.product_id as top_product_id,
        coalesce(top_products.score, 0.0) as top_product_score,
        coalesce(rule_score_sums.weighted_score, 0.0) as weighted_rule_scores
    from states
    inner join contacts on states.contact_id = contacts.contact_id
    left join exclusions on states.contact_id = exclusions.contact_id
    left join fit on states.contact_id = fit.contact_id
    left join rule_score_sums
        on states.contact_id = rule_score_sums.contact_id
        and states.as_of_date = rule_score_sums.as_of_date
    left join top_products
        on states.contact_id = top_products.contact_id
        and states.as_of_date = top_products.as_of_date
),

totals as (
    select
        parts.*,
        parts.weighted_rule_scores
        + lead_weights.fit_weight * parts.fit_score
        + lead_weights.interest_weight * parts.top_product_score as lead_score
    from parts
    cross join lead_weights
)

select * from totals
