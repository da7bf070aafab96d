-- One row per enabled point rule: a hash of what its hits depend on beside the signatures that it fits. Not of points or decay.
{{ config(materialized='view') }}

select
    rule_id,
    cast({{ row_hash(['min_value', 'max_value', 'max_hits', 'per', 'valid_from', 'valid_to']) }} as {{ dbt.type_string() }}) as row_hash
from {{ ref('stg_rule_book__point_rules') }}
