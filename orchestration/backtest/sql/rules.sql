-- One row per enabled rule of points, numbered.
create or replace table replay.rules as
select
    row_number() over (order by rule_id) - 1 as rule_no,
    rule_id,
    group_id,
    description
from staging.stg_rule_book__point_rules
