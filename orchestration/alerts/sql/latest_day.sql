-- The last day of the history.
select max(as_of_date) from marts.scoring_days
