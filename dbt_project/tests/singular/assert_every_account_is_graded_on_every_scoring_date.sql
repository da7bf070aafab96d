-- One row per account and scoring date without grades: a gap between bands would drop it without a word.
select
    dates.as_of_date,
    accounts.account_id
from {{ ref('stg_raw__accounts') }} as accounts
cross join {{ ref('int_scoring_dates') }} as dates
left join {{ ref('int_account_grades') }} as grades
    on accounts.account_id = grades.account_id
    and dates.as_of_date = grades.as_of_date
where grades.account_id is null
