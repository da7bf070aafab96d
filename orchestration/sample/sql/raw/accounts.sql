-- One row per company, an older one with fewer employees for some, and one without an id per sixty.
with versions (version) as (
    values ('current'), ('earlier'), ('without id')
)

select
    if(version = 'without id', null, account_id) as account_id,
    account_name,
    domain,
    if(u(key, 'industry is known') < 0.93, industry, null) as industry,
    if(version = 'earlier', employee_count * 9 // 10, employee_count) as employee_count,
    if(u(key, 'revenue is known') < 0.85, annual_revenue, null) as annual_revenue,
    country,
    getvariable('start_date')::timestamp
    + to_hours(if(version = 'earlier', 0, whole(24 * getvariable('days'), u(key, 'updated')))) as updated_at,
from companies
cross join versions
where case version
    when 'current' then true
    when 'earlier' then u(key, 'grows') < 0.05
    when 'without id' then account_no % 60 = 6
end
