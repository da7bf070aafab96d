-- The contact's ledger with what the rule book says about each row: the points of one hit and how they fade.
select
    score_ledger.group_id,
    score_ledger.rule_id,
    score_ledger.source,
    score_ledger.activity_date,
    score_ledger.product_id,
    score_ledger.hits,
    score_ledger.credited_hits,
    score_ledger.counted_hits,
    score_ledger.points,
    score_ledger.decayed_points,
    coalesce(point_rules.points, inactivity_rules.points, adjustments.points) as points_per_hit,
    coalesce(lower(point_rules.decay), 'none') as decay,
    point_rules.decay_days,
    coalesce(point_rules.counts_for_interest, false) as counts_for_interest,
    coalesce(point_rules.description, inactivity_rules.description, adjustments.reason) as description,
    adjustments.in_force_to as expires_date
from marts.score_ledger
left join rule_book.point_rules
    on score_ledger.source = 'rule' and score_ledger.rule_id = point_rules.rule_id
left join rule_book.inactivity_rules
    on score_ledger.source = 'inactivity' and score_ledger.rule_id = inactivity_rules.rule_id
left join intermediate.int_adjustments as adjustments
    on score_ledger.source = 'adjustment' and score_ledger.rule_id = 'adjustment:' || adjustments.adjustment_id
where score_ledger.contact_id = $contact_id
order by score_ledger.activity_date, score_ledger.rule_id
