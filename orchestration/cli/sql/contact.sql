-- One contact as published, with the names of its account and products.
select
    contact_scores.*,
    account_scores.account_name,
    products.product_name as top_product_name,
    exclusions.rule_id as exclusion_rule_id
from marts.contact_scores
left join marts.account_scores on contact_scores.account_id = account_scores.account_id
left join rule_book.products on contact_scores.top_product_id = products.product_id
left join intermediate.int_contact_exclusions as exclusions on contact_scores.contact_id = exclusions.contact_id
where contact_scores.contact_id = $contact_id
