-- One row per contact or account that is graded, qualified, tempered or interested otherwise than before.
select
    'contact' as entity,
    contact_id as entity_id,
    full_name as name,
    account_name as account,
    lead_grade_before as grade_before,
    lead_grade_after as grade_after,
    is_qualified_before,
    is_qualified_after,
    temperature_before,
    temperature_after,
    top_product_id_before as top_product_before,
    top_product_id_after as top_product_after,
    lead_score_before as score_before,
    lead_score_after as score_after
from contact_changes
where
    lead_grade_before <> lead_grade_after
    or is_qualified_before <> is_qualified_after
    or temperature_before <> temperature_after
    or top_product_id_before is distinct from top_product_id_after
union all
select
    'account' as entity,
    account_id as entity_id,
    account_name as name,
    account_name as account,
    account_grade_before as grade_before,
    account_grade_after as grade_after,
    is_qualified_before,
    is_qualified_after,
    null as temperature_before,
    null as temperature_after,
    top_product_id_before as top_product_before,
    top_product_id_after as top_product_after,
    activity_score_before as score_before,
    activity_score_after as score_after
from account_changes
where
    account_grade_before <> account_grade_after
    or is_qualified_before <> is_qualified_after
    or top_product_id_before is distinct from top_product_id_after
order by entity desc, entity_id
