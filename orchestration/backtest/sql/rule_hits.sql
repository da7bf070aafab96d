-- One row per judged day, contact of the population and rule with a credited hit in the days before that still counted that day.
select distinct
    population.day - (select min(day) from replay.days) as day_offset,
    population.contact_no,
    rules.rule_no
from replay.population as population
inner join intermediate.int_ledger as ledger
    on population.scored_id = ledger.contact_id
    and ledger.activity_date <= population.day
    and ledger.activity_date > population.day - getvariable('lookback_days')::integer
inner join replay.rules as rules on ledger.rule_id = rules.rule_id
where
    ledger.credited_hits > 0
    and (ledger.reset_date is null or ledger.reset_date > population.day)
