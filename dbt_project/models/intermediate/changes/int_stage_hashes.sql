-- One row per contact with stage changes: a hash of its entries and of what the rule book says of those stages.
{{ config(materialized='view') }}

select
    contact_id,
    {{ set_hash(row_hash(['stage_id', 'entered_at', 'position', 'resets_score', 'next_entered_date'])) }} as row_hash
from {{ ref('int_stage_entries') }}
group by contact_id
