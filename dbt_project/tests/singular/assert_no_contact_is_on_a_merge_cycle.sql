-- One row per contact whose merges lead into a cycle.
{{ config(severity='warn') }}

select
    merged_contact_id,
    contact_id
from {{ ref('int_contact_survivors') }}
where is_in_cycle
