-- One row: how much the latest tables hold and for which day.
select
    (select max(as_of_date) from marts.contact_scores) as as_of_date,
    (select count(*) from marts.contact_scores) as contacts,
    (select count(*) from marts.account_scores) as accounts,
    (select count(*) from marts.contact_scores where is_qualified) as qualified,
    (select count(*) from marts.contact_scores where temperature = 'hot') as hot,
    (select count(*) from marts.scoring_days) as recorded_days,
    (select count(*) from marts.rejected_rows where source_table <> 'events') as rejected_other_rows
