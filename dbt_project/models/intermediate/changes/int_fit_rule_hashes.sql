-- One row per fit rule and per criterion: a hash of all that it says.
{{ config(materialized='view') }}

select
    rule_id,
    {{ row_hash(['entity', 'criterion_id', 'attribute', 'operator', 'operand', 'points']) }} as row_hash
from {{ ref('stg_rule_book__fit_rules') }}
union all
select
    'criterion:' || criterion_id as rule_id,
    {{ row_hash(['lower(entity)', 'weight']) }} as row_hash
from {{ ref('fit_criteria') }}
