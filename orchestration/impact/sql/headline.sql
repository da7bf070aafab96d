-- One row: how many there are, and how many of them change.
select
    (select count(*) from contact_changes) as contacts,
    (select count(*) from account_changes) as accounts,
    (select count(*) from contact_changes where round(lead_score_before, 9) <> round(lead_score_after, 9)) as contacts_with_other_score,
    (select count(*) from contact_changes where lead_grade_before <> lead_grade_after) as contacts_with_other_grade,
    (select count(*) from account_changes where account_grade_before <> account_grade_after) as accounts_with_other_grade,
    (select count(*) from contact_changes where is_qualified_before) as qualified_before,
    (select count(*) from contact_changes where is_qualified_after) as qualified_after,
    (select count(*) from contact_changes where is_qualified_after and not is_qualified_before) as newly_qualified,
    (select count(*) from contact_changes where is_qualified_before and not is_qualified_after) as no_longer_qualified,
    (select count(*) from account_changes where is_qualified_before) as accounts_qualified_before,
    (select count(*) from account_changes where is_qualified_after) as accounts_qualified_after,
    (select count(*) from contact_changes where is_excluded and not was_excluded) as newly_excluded,
    (select count(*) from contact_changes where was_excluded and not is_excluded) as no_longer_excluded
