-- The enabled point rules by which the warehouse was built.
select
    rule_id,
    event_type,
    object_pattern,
    category,
    campaign_pattern,
    min_value,
    max_value,
    valid_from,
    valid_to
from rule_book.point_rules
where coalesce(enabled, true)
