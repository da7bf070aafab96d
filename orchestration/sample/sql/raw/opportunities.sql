-- One row per deal of a company; it names the buyer that sales talks to.
select
    printf('opp_%06d', companies.account_no) as opportunity_id,
    companies.account_id,
    buyers.contact_id,
    companies.deal_opened_on::timestamp + interval 10 hour as created_at,
    if(companies.deal_outcome = 'open', null, companies.deal_closes_on::timestamp + interval 16 hour) as closed_at,
    companies.deal_outcome as outcome,
    round(5000 + 40 * companies.employee_count ** 0.8 * (0.5 + u(companies.key, 'amount')), -2) as amount,
from companies
left join people as buyers on buyers.account_no = companies.account_no and buyers.is_main_buyer
where companies.has_deal
