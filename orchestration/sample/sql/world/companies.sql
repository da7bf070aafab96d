-- One row per company with what nobody sees: how good a customer it would be (`quality`, 0-1), whether it has a buying
-- project, how much its people do in it (`energy`, 0-1), and what comes of it.
-- Numbers 1 to 4 are known companies; every twenty contacts are the buying committees of five others (see people.sql).
create temp table companies as
with numbered as (
    select
        account_no,
        sub_key(sub_key(getvariable('seed'), 1), account_no) as key,
        account_no * 719 % 1200 as name_no,
    from (select unnest(range(1, 5 + 5 * ceil(getvariable('contacts') / 20)::int)) as account_no)
),

profiled as (
    select
        numbered.*,
        printf('acc_%06d', account_no) as account_id,
        known.account_name is not null as is_known,
        concat(
            stems[1 + name_no % 40], endings[1 + name_no // 40], ' ', company_word,
            case when account_no >= 1200 then ' ' || account_no // 1200 end
        ) as invented_name,
        coalesce(known.account_name, invented_name) as account_name,
        coalesce(known.domain, lower(replace(invented_name, ' ', '-')) || '.example') as domain,
        coalesce(known.industry, industry_slots.industry) as industry,
        coalesce(known.country, country_slots.country) as country,
        country_slots.language,
        country_slots.utc_offset_hours,
        country_slots.phone_prefix,
        coalesce(
            known.employee_count,
            exp(ln(4) + 8.5 * (0.2 * (account_no % 5) / 4 + 0.8 * u(key, 'size') ** 1.2))::int
        ) as employee_count,
        revenue_per_head,
        0.4 * industry_slots.attractiveness + 0.25 * country_slots.attractiveness as place_quality,
        pick(products(), u(key, 'focus product')) as focus_product,
        account_no % 9 = 4 as has_mail_scanner,
    from numbered
    cross join company_words
    inner join industry_slots on industry_slots.slot = slot(u(key, 'industry'))
    inner join country_slots on country_slots.slot = slot(u(key, 'country'))
    left join companies_known as known using (account_no)
),

projects as (
    select
        *,
        round(employee_count * revenue_per_head * (0.6 + u(key, 'revenue')), -4) as annual_revenue,
        place_quality
        + case
            when employee_count between 50 and 5000 then 0.35
            when employee_count >= 10 then 0.15
            else 0
        end as quality,
        not is_known and u(key, 'project') < 0.1 + 0.3 * quality as has_project,
        if(has_project, 0.15 + 0.85 * u(key, 'energy'), 0) as energy,
        getvariable('end_date')
        - whole(if(u(key, 'still buying') < 0.5, 6, getvariable('days')), u(key, 'project end')) as project_ends_on,
        30 + whole(40, u(key, 'project length')) as project_days,
    from profiled
),

deals as (
    select
        *,
        -- Most deals grow out of a project, the livelier the likelier; a few come from cold calls.
        not is_known and (u(key, 'deal') < if(has_project, 0.3 + 0.5 * energy, 0.02)) as has_deal,
        project_ends_on - whole(project_days * 0.25, u(key, 'deal opens')) as deal_opened_on,
        project_ends_on + 7 + whole(45, u(key, 'deal closes')) as deal_closes_on,
        case
            when deal_closes_on > getvariable('end_date') then 'open'
            when 0.6 * energy + 0.4 * quality + 0.2 * (u(key, 'luck') - 0.5) > 0.7 then 'won'
            else 'lost'
        end as deal_outcome,
    from projects
)

select
    *,
    case
        when account_no % 12 = 5 then getvariable('start_date') - 30 - whole(700, u(key, 'customer since'))
        when has_deal and deal_outcome = 'won' then deal_closes_on
    end as customer_since,
from deals;
