-- Turns of the last seven days, latest first; of a day upward ones first.
with turns as (
    select *
    from marts.threshold_crossings
    where as_of_date > cast($as_of as date) - 7 and as_of_date <= $as_of
    order by as_of_date desc, direction desc, round(score_after, 9) desc, crossing_id
    limit $limit
),

products as (
    select
        product_id,
        max(product_name) as product_name
    from marts.product_interest_scores
    group by product_id
)

select
    turns.as_of_date,
    turns.entity,
    coalesce(contacts.full_name, accounts.account_name, turns.entity_id) as who,
    employers.account_name as employer,
    turns.threshold_id,
    coalesce(products.product_name, turns.product_id) as product,
    turns.direction,
    turns.score_before,
    turns.score_after,
    turns.threshold_value,
    turns.cause,
    turns.action
from turns
left join marts.contact_scores as contacts
    on turns.entity = 'contact'
    and turns.entity_id = contacts.contact_id
left join marts.account_scores as employers on contacts.account_id = employers.account_id
left join marts.account_scores as accounts
    on turns.entity = 'account'
    and turns.entity_id = accounts.account_id
left join products on turns.product_id = products.product_id
order by turns.as_of_date desc, turns.direction desc, round(turns.score_after, 9) desc, turns.crossing_id
