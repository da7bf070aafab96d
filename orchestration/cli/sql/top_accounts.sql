-- The most active accounts, qualified ones first.
with products as (
    select product_id, any_value(product_name) as product_name
    from marts.product_interest_scores
    group by product_id
)

select
    account_scores.*,
    products.product_name as top_product_name
from marts.account_scores
left join products on account_scores.top_product_id = products.product_id
where account_scores.member_count > 0
order by
    account_scores.is_qualified desc,
    round(account_scores.account_activity_score, 9) desc,
    round(account_scores.account_fit_score, 9) desc,
    account_scores.account_id
limit $limit
