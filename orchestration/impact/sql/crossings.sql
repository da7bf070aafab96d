-- One row per crossing that the next run would report and the warehouse does not know yet. By the rules: the score of the warehouse's own
-- day is beyond the threshold already; else a day more of decay does it.
create table crossings as
with scores_today as (
    select 'contact' as entity, contact_id as entity_id, 'lead' as score_id, null as product_id, lead_score_after as score from contact_changes
    union all
    select 'contact', contact_id, 'activity', null, activity_score_after from contact_changes
    union all
    select 'contact', contact_id, 'fit', null, fit_score_after from contact_changes
    union all
    select 'account', account_id, 'activity', null, activity_score_after from account_changes
    union all
    select 'account', account_id, 'fit', null, fit_score_after from account_changes
    union all
    select 'contact', contact_id, score_id, null, score from after.custom_scores
    union all
    select 'contact', contact_id, 'product_interest', product_id, score from after.product_interest_scores
    union all
    select 'account', account_id, 'product_interest', product_id, score from after.account_product_interest
),

known as (
    select crossing_id, direction
    from stored.marts.threshold_crossings
    where as_of_date >= (select min(as_of_date) from after.next_crossings)
),

fresh as (
    select
        next_crossings.*,
        thresholds.score_id,
        thresholds.comparison,
        thresholds.rearm_below
    from after.next_crossings as next_crossings
    inner join after.thresholds as thresholds using (threshold_id)
    where (next_crossings.crossing_id, next_crossings.direction) not in (select (crossing_id, direction) from known)
)

select
    fresh.as_of_date,
    fresh.entity,
    fresh.entity_id,
    coalesce(contacts.full_name, accounts.account_name) as entity_name,
    fresh.threshold_id,
    fresh.product_id,
    fresh.direction,
    fresh.score_before,
    fresh.score_after,
    fresh.threshold_value,
    fresh.action,
    fresh.cause,
    case
        when fresh.direction = 'up' and fresh.comparison = '>' then round(coalesce(scores_today.score, 0.0), 9) > fresh.threshold_value
        when fresh.direction = 'up' then round(coalesce(scores_today.score, 0.0), 9) >= fresh.threshold_value
        else
            round(coalesce(scores_today.score, 0.0), 9)
            < coalesce(fresh.rearm_below, fresh.threshold_value + case when fresh.comparison = '>' then 1e-9 else 0.0 end)
    end as is_by_rules
from fresh
left join scores_today
    on fresh.entity = scores_today.entity
    and fresh.entity_id = scores_today.entity_id
    and fresh.score_id = scores_today.score_id
    and coalesce(fresh.product_id, '') = coalesce(scores_today.product_id, '')
left join contact_changes as contacts on fresh.entity = 'contact' and fresh.entity_id = contacts.contact_id
left join account_changes as accounts on fresh.entity = 'account' and fresh.entity_id = accounts.account_id
