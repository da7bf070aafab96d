-- One row per contact that both sides know, before and after. What is compared, and nothing else.
create table contact_changes as
select
    contact_id,
    after.full_name,
    after.job_title,
    accounts.account_name,
    before.is_excluded as was_excluded,
    after.is_excluded,
    before.lead_score as lead_score_before,
    after.lead_score as lead_score_after,
    before.activity_score as activity_score_before,
    after.activity_score as activity_score_after,
    before.fit_score as fit_score_before,
    after.fit_score as fit_score_after,
    before.top_product_score as top_product_score_before,
    after.top_product_score as top_product_score_after,
    before.fit_grade as fit_grade_before,
    after.fit_grade as fit_grade_after,
    before.activity_level as activity_level_before,
    after.activity_level as activity_level_after,
    before.lead_grade as lead_grade_before,
    after.lead_grade as lead_grade_after,
    before.is_qualified as is_qualified_before,
    after.is_qualified as is_qualified_after,
    before.temperature as temperature_before,
    after.temperature as temperature_after,
    before.top_product_id as top_product_id_before,
    after.top_product_id as top_product_id_after
from before.contact_scores as before
inner join after.contact_scores as after using (contact_id)
left join after.account_scores as accounts on after.account_id = accounts.account_id
