-- One row per rule id that stands more than once in the rule files together.
with rule_ids as (
    select rule_id from {{ ref('point_rules') }}
    union all
    select rule_id from {{ ref('inactivity_rules') }}
    union all
    select rule_id from {{ ref('fit_rules') }}
    union all
    select rule_id from {{ ref('exclusions') }}
)

select
    rule_id,
    count(*) as row_count
from rule_ids
group by rule_id
having count(*) > 1
