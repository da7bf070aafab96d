-- One row per contact or account and product in which it is interested before or after; null: not.
create table interest_changes as
select
    'contact' as entity,
    contact_id as entity_id,
    product_id,
    before.score as score_before,
    after.score as score_after
from before.product_interest_scores as before
full outer join after.product_interest_scores as after using (contact_id, product_id)
where round(before.score, 9) is distinct from round(after.score, 9)
union all
select
    'account' as entity,
    account_id as entity_id,
    product_id,
    before.score as score_before,
    after.score as score_after
from before.account_product_interest as before
full outer join after.account_product_interest as after using (account_id, product_id)
where round(before.score, 9) is distinct from round(after.score, 9)
