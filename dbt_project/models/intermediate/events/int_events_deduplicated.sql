-- One row per event: of its accepted copies the latest loaded, then the latest, then the greatest remaining columns.
-- What was done, and to what, is its signature.
{{ config(materialized='incremental', incremental_strategy='replace_events', on_schema_change='fail') }}
-- depends_on: {{ ref('int_event_copies') }}
-- depends_on: {{ ref('int_spelled_signatures') }}
-- Whose events change must be on record before they do.
-- depends_on: {{ ref('int_changed_owners') }}
-- depends_on: {{ ref('int_changed_events') }}
{%- set columns = ['event_id', 'contact_id', 'anonymous_id', 'occurred_at', 'loaded_at', 'signature_id', 'value', 'user_agent', 'is_machine'] %}

{%- if is_incremental() %}
with deduplicated as (
    select {{ columns | join(', ') }}
    from {{ ref('int_changed_events') }}
    where not is_removed
)
{%- else %}
-- Nearly all events come once. Ranking those that do not, and only those, needs no sorting of all; and the copies are read twice, since
-- holding them between would take more memory than all else.
with repeated as (
    select {{ row_hash(['event_id']) }} as event_hash
    from {{ ref('base_raw__events') }}
    group by 1
    having count(*) > 1
),

ranked as (
    select
        copies.*,
        {{ event_copy_rank('copies', 'signatures') }} as copy_rank
    from {{ ref('int_event_copies') }} as copies
    inner join {{ ref('int_spelled_signatures') }} as signatures on copies.signature_id = signatures.signature_id
    where {{ row_hash(['copies.event_id']) }} in (select repeated.event_hash from repeated)
),

deduplicated as (
    select {{ columns | join(', ') }}
    from {{ ref('int_event_copies') }}
    where {{ row_hash(['event_id']) }} not in (select repeated.event_hash from repeated)
    union all
    select {{ columns | join(', ') }}
    from ranked
    where copy_rank = 1
)
{%- endif %}

select * from deduplicated
