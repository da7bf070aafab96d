-- One row per observation, rule and age in days with credited hits that counted that day: how many.
select
    learnt.row_no,
    rules.rule_no,
    learnt.day - ledger.activity_date as age_days,
    sum(ledger.credited_hits) as hits
from replay.learnt as learnt
inner join intermediate.int_ledger as ledger
    on learnt.scored_id = ledger.contact_id
    and ledger.activity_date <= learnt.day
inner join replay.rules as rules on ledger.rule_id = rules.rule_id
where
    ledger.credited_hits > 0
    and (ledger.reset_date is null or ledger.reset_date > learnt.day)
group by all
order by all
