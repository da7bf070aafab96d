-- One row per contact with what nobody sees: where they work, what role they play, how often they come and read.
create temp table people as
with numbered as (
    select
        contact_no,
        sub_key(sub_key(getvariable('seed'), 2), contact_no) as key,
        printf('con_%07d', contact_no) as contact_id,
        (contact_no - 1) % 20 as place,
        -- The same person twice (73 is 74), and once three times in a chain (13 is 14, who is 15).
        contact_no % 120 in (13, 14, 73) and contact_no < getvariable('contacts') as is_merged,
        contact_no + case contact_no % 120 when 13 then 2 when 14 then 1 when 73 then 1 else 0 end as person_no,
        -- Twenty contacts in a row are committees of 1, 2, 3, 5 and 9; a few are of the known companies instead.
        case contact_no % 120
            when 35 then 1 when 57 then 2 when 78 then 3 when 119 then 4
            else 5 + (contact_no - 1) // 20 * 5
                + case
                    when place < 1 then 0
                    when place < 3 then 1
                    when place < 6 then 2
                    when place < 11 then 3
                    else 4
                end
        end as account_no,
    from (select unnest(range(1, getvariable('contacts') + 1)) as contact_no)
),

placed as (
    select
        numbered.*,
        companies.* exclude (key, account_no),
        place in (0, 1, 3, 6, 11) and not is_known as is_main_buyer,
        not is_known and not is_main_buyer and u(numbered.key, 'free mail') < 0.12 as has_free_mail,
        u(numbered.key, 'seniority') as rank_draw,
        case
            when industry = 'Higher Education' and u(numbered.key, 'academic') < 0.7 then 'academic'
            when u(numbered.key, 'academic') < if(has_free_mail, 0.3, 0.01) then 'academic'
            when rank_draw < 0.12 then 'executive'
            when rank_draw < 0.32 then 'director'
            when rank_draw < 0.60 then 'manager'
            when rank_draw < 0.92 then 'specialist'
            else 'junior'
        end as seniority,
        energy > 0 and (is_main_buyer or u(numbered.key, 'takes part') < 0.75) as takes_part,
    from numbered
    inner join companies on companies.account_no = numbered.account_no
)

select
    contact_no, contact_id, key, person_no, is_merged,
    account_no, account_id, domain, language, country, utc_offset_hours, phone_prefix, focus_product, customer_since,
    takes_part, project_ends_on, project_days, has_deal, deal_opened_on, deal_closes_on, deal_outcome,
    is_main_buyer, has_free_mail, has_mail_scanner, seniority,
    least(
        getvariable('end_date') - 1 - whole(getvariable('days') * 1.3, u(key, 'created')),
        if(takes_part, project_ends_on - whole(project_days, 0.6 + 0.4 * u(key, 'joins')), null)
    ) as created_on,
    -- Most people hardly ever come, a few often; students and researchers read a lot and buy nothing.
    whole(
        1, getvariable('days') / 365.0 * (0.2 + 5 * u(key, 'curiosity') ** 4) * if(seniority = 'academic', 4, 1)
        + u(key, 'rounding')
    ) as ambient_visits,
    if(takes_part, 1 + whole(14 * energy, 0.5 + 0.5 * u(key, 'eagerness')), 0) as buying_visits,
    u(key, 'subscribes') < if(takes_part, 0.75, 0.22) as is_subscriber,
    case
        when is_subscriber and u(key, 'unsubscribes') < 0.07
            then created_on + whole(getvariable('end_date') - created_on, u(key, 'fed up'))
    end as unsubscribed_on,
    0.05 + 0.6 * u(key, 'reads') ** 2 as read_rate,
    u(key, 'apple mail') < 0.3 as has_apple_mail,
    u(key, 'dead mailbox') < 0.03 as is_bouncing,
    pick(browsers(), u(key, 'browser')) as browser,
    -- One cookie per contact; of every tenth we never learn whose it is.
    printf('anon_%08x', key) as anonymous_id,
    contact_no % 10 <> 3 as is_identified,
from placed;
