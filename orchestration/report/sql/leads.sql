-- Whom to call: qualified people who may be contacted, best lead score first.
with leads as (
    select *
    from marts.contact_scores
    where is_qualified and is_contactable
    order by round(lead_score, 9) desc, contact_id
    limit $limit
)

select
    leads.contact_id,
    leads.full_name,
    leads.job_title,
    account_scores.account_name,
    leads.email,
    leads.lead_grade,
    leads.lead_score,
    leads.activity_score,
    leads.fit_score,
    leads.recommended_action,
    coalesce(interest.product_name, leads.top_product_id) as product,
    leads.last_activity_date,
    leads.days_since_last_activity,
    leads.is_surging,
    leads.has_act_now,
    leads.is_qualified_7d_ago,
    string_split(leads.top_reasons, '; ') as reasons
from leads
left join marts.account_scores on leads.account_id = account_scores.account_id
left join marts.product_interest_scores as interest
    on leads.contact_id = interest.contact_id
    and leads.top_product_id = interest.product_id
order by round(leads.lead_score, 9) desc, leads.contact_id
