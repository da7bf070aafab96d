-- One row per event that is to be replaced in int_events_deduplicated: as it is now, or is_removed. In a full run none: all are.
-- depends_on: {{ ref('int_changed_load_days') }}
-- depends_on: {{ ref('int_event_copies') }}
-- depends_on: {{ ref('int_spelled_signatures') }}
{%- set content = ['contact_id', 'anonymous_id', 'occurred_at', 'loaded_at', 'signature_id', 'value', 'user_agent', 'is_machine'] %}
{%- set columns = ['event_id'] + content %}
{%- if is_partial_run() %}
{%- set stored_events = stored('int_events_deduplicated') %}
with changed_days as (
    select load_day
    from {{ ref('int_changed_load_days') }}
),

arrived as (
    select * from {{ ref('int_event_copies') }}
    where {{ is_load_day_changed('load_day', 'raw_loaded_at') }}
),

replaceable as (
    select *
    from {{ stored_events }}
    where cast(loaded_at as date) in (select load_day from changed_days)
),

candidate_ids as (
    select event_id from arrived
    union
    select event_id from replaceable
),

-- A stored copy that is no longer there as it was: one that it won over may take its place, whenever that was loaded.
vanished as (
    select event_id from (
        select {{ columns | join(', ') }} from replaceable
        except
        select {{ columns | join(', ') }} from arrived
    ) as without_source
),

resurfaced as (
    select * from {{ ref('int_event_copies') }}
    where
        event_id in (select event_id from vanished)
        and load_day not in (select load_day from changed_days)
),

kept as (
    select *
    from {{ stored_events }}
    where
        event_id in (select event_id from candidate_ids)
        and cast(loaded_at as date) not in (select load_day from changed_days)
),

copies as (
    select {{ columns | join(', ') }} from arrived
    union
    select {{ columns | join(', ') }} from resurfaced
    union
    select {{ columns | join(', ') }} from kept
),

ranked as (
    select
        copies.*,
        {{ event_copy_rank('copies', 'signatures') }} as copy_rank
    from copies
    inner join {{ ref('int_spelled_signatures') }} as signatures on copies.signature_id = signatures.signature_id
),

winners as (
    select {{ columns | join(', ') }}
    from ranked
    where copy_rank = 1
),

before as (
    select * from {{ stored_events }}
    where event_id in (select event_id from candidate_ids)
),

compared as (
    select
        coalesce(winners.event_id, before.event_id) as event_id,
        winners.event_id is null as is_removed,
        {%- for column in content %}
        winners.{{ column }},
        {%- endfor %}
        before.contact_id as previous_contact_id,
        before.anonymous_id as previous_anonymous_id
    from winners
    full outer join before on winners.event_id = before.event_id
    where
        winners.event_id is null
        or before.event_id is null
        {%- for column in content %}
        or winners.{{ column }} is distinct from before.{{ column }}
        {%- endfor %}
)

select * from compared
{%- else %}
select
    event_id,
    false as is_removed,
    {%- for column in content %}
    {{ column }},
    {%- endfor %}
    contact_id as previous_contact_id,
    anonymous_id as previous_anonymous_id
from {{ ref('int_event_copies') }}
where 1 = 0
{%- endif %}
