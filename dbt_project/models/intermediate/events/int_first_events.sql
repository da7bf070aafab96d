-- One row per contact with an event of any kind, a machine's too: the day of the first.
{{ config(materialized='incremental', incremental_strategy='replace_owners', owner_column='contact_id', on_schema_change='fail') }}

select
    contact_id,
    min(activity_date) as first_event_date
from {{ ref('int_events_classified') }}
where contact_id is not null and {{ is_in_scope('contact_id') }}
group by contact_id
