-- The leads to call, best first: hot before warm before cold, qualified first, then by lead score. Dead ones are none.
with products as (
    select product_id, any_value(product_name) as product_name
    from marts.product_interest_scores
    group by product_id
)

select
    contact_scores.*,
    account_scores.account_name,
    products.product_name as top_product_name
from marts.contact_scores
left join marts.account_scores on contact_scores.account_id = account_scores.account_id
left join products on contact_scores.top_product_id = products.product_id
where not contact_scores.is_excluded and contact_scores.temperature <> 'dead'
order by
    case contact_scores.temperature when 'hot' then 1 when 'warm' then 2 else 3 end,
    contact_scores.is_qualified desc,
    round(contact_scores.lead_score, 9) desc,
    contact_scores.contact_id
limit $limit
