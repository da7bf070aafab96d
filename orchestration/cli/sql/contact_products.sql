-- The contact's product interest.
select product_id, coalesce(product_name, product_id) as product_name, score, last_activity_date
from marts.product_interest_scores
where contact_id = $contact_id
order by round(score, 9) desc, last_activity_date desc, product_id
