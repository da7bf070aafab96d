-- The crossings of days from $first_day on, oldest first, with whom and what they are about as of the latest day.
with products as (
    select
        product_id,
        max(product_name) as product_name
    from marts.product_interest_scores
    group by product_id
)

select
    crossings.crossing_id,
    crossings.entity,
    crossings.entity_id,
    crossings.threshold_id,
    crossings.product_id,
    products.product_name,
    crossings.direction,
    crossings.as_of_date,
    round(crossings.score_before, 6) as score_before,
    round(crossings.score_after, 6) as score_after,
    crossings.threshold_value,
    crossings.action,
    crossings.cause,
    case
        when contacts.contact_id is not null
            then struct_pack(
                contact_id := contacts.contact_id,
                full_name := contacts.full_name,
                email := contacts.email,
                job_title := contacts.job_title,
                lead_grade := contacts.lead_grade,
                lead_score := round(contacts.lead_score, 6),
                activity_score := round(contacts.activity_score, 6),
                fit_score := round(contacts.fit_score, 6),
                temperature := contacts.temperature,
                is_qualified := contacts.is_qualified,
                is_contactable := contacts.is_contactable,
                recommended_action := contacts.recommended_action,
                top_product_id := contacts.top_product_id,
                top_reasons := contacts.top_reasons
            )
    end as contact,
    case
        when accounts.account_id is not null
            then struct_pack(
                account_id := accounts.account_id,
                account_name := accounts.account_name,
                domain := accounts.domain,
                account_grade := accounts.account_grade,
                account_activity_score := round(accounts.account_activity_score, 6),
                account_fit_score := round(accounts.account_fit_score, 6),
                is_qualified := accounts.is_qualified,
                member_count := accounts.member_count,
                committee_coverage := round(accounts.committee_coverage, 6),
                top_product_id := accounts.top_product_id
            )
    end as account
from marts.threshold_crossings as crossings
left join marts.contact_scores as contacts
    on crossings.entity = 'contact' and crossings.entity_id = contacts.contact_id
left join marts.account_scores as accounts
    on case when crossings.entity = 'account' then crossings.entity_id else contacts.account_id end = accounts.account_id
left join products on crossings.product_id = products.product_id
where crossings.as_of_date >= $first_day
order by crossings.as_of_date, crossings.direction desc, crossings.score_after desc, crossings.crossing_id
