-- The contact's turns of thresholds, the last first.
select threshold_id, product_id, direction, as_of_date, score_before, score_after, threshold_value, action, cause
from marts.threshold_crossings
where entity = 'contact' and entity_id = $contact_id
order by as_of_date desc, threshold_id, product_id
