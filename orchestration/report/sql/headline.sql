-- The one line above all: the day, the rule book, and how many people there are to think about.
with latest as (
    select as_of_date, rule_book_hash, is_complete
    from marts.scoring_days
    order by as_of_date desc
    limit 1
),

contacts as (
    select
        count(*) as contacts,
        count(*) filter (where is_qualified) as qualified,
        count(*) filter (where is_qualified and is_contactable) as to_call,
        count(*) filter (where temperature = 'hot') as hot,
        count(*) filter (where is_surging) as surging,
        count(*) filter (where is_qualified and is_qualified_7d_ago is not true) as newly_qualified,
        count(*) filter (where not is_qualified and is_qualified_7d_ago) as no_longer_qualified,
        max(rule_book_hash) as rule_book_hash
    from marts.contact_scores
    where not is_excluded
)

select
    latest.as_of_date,
    latest.is_complete,
    coalesce(contacts.rule_book_hash, latest.rule_book_hash) as rule_book_hash,
    exists (from marts.scoring_days as days where days.as_of_date = latest.as_of_date - 7) as has_week_ago,
    exists (
        from marts.scoring_days as days
        where days.as_of_date >= latest.as_of_date - 7 and days.rule_book_hash <> latest.rule_book_hash
    ) as rules_changed,
    (select min(as_of_date) from marts.scoring_days) as first_day,
    contacts.contacts,
    contacts.qualified,
    contacts.to_call,
    contacts.hot,
    contacts.surging,
    contacts.newly_qualified,
    contacts.no_longer_qualified
from latest
cross join contacts
