-- One row per crossing, the first ones: those that the rules make, then the largest changes.
select
    entity,
    entity_id,
    entity_name,
    threshold_id,
    product_id,
    direction,
    score_before,
    score_after,
    threshold_value,
    is_by_rules
from crossings
order by is_by_rules desc, abs(score_after - coalesce(score_before, 0.0)) desc, entity, entity_id, threshold_id, product_id
limit $limit
