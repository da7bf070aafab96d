-- One row per account that both sides know, before and after.
create table account_changes as
select
    account_id,
    after.account_name,
    before.account_activity_score as activity_score_before,
    after.account_activity_score as activity_score_after,
    before.account_fit_score as fit_score_before,
    after.account_fit_score as fit_score_after,
    before.fit_grade as fit_grade_before,
    after.fit_grade as fit_grade_after,
    before.activity_level as activity_level_before,
    after.activity_level as activity_level_after,
    before.account_grade as account_grade_before,
    after.account_grade as account_grade_after,
    before.is_qualified as is_qualified_before,
    after.is_qualified as is_qualified_after,
    before.is_surging as is_surging_before,
    after.is_surging as is_surging_after,
    before.top_product_id as top_product_id_before,
    after.top_product_id as top_product_id_after
from before.account_scores as before
inner join after.account_scores as after using (account_id)
