-- One row per owner of events (a contact, or an id that waits for one) whose event-grain rows are to be recomputed from all of its
-- events. In a full run none: all are.
-- depends_on: {{ ref('int_changed_events') }}
-- depends_on: {{ ref('int_bot_agents') }}
-- depends_on: {{ ref('int_signatures') }}
-- depends_on: {{ ref('int_stage_hashes') }}
{%- if is_partial_run() %}
{%- set stored_events = stored('int_events_deduplicated') %}
with owners as (
    select * from {{ ref('int_event_owners') }}
),

owners_before as (
    select * from {{ absorbed('int_event_owners') }}
),

changed_events as (
    select * from {{ ref('int_changed_events') }}
),

moved_sources as (
    select
        coalesce(owners.source_id, owners_before.source_id) as source_id,
        coalesce(owners.is_anonymous, owners_before.is_anonymous) as is_anonymous,
        owners.owner_id,
        owners_before.owner_id as previous_owner_id
    from owners
    full outer join owners_before
        on owners.source_id = owners_before.source_id
        and owners.is_anonymous = owners_before.is_anonymous
    where
        owners.owner_id is distinct from owners_before.owner_id
        or owners.is_listed is distinct from owners_before.is_listed
),

reclassified_agents as (
    select coalesce(bots.user_agent, bots_before.user_agent) as user_agent
    from {{ ref('int_bot_agents') }} as bots
    full outer join {{ absorbed('int_bot_agents') }} as bots_before on bots.user_agent = bots_before.user_agent
    where bots.user_agent is null or bots_before.user_agent is null
),

reclassified_signatures as (
    select signatures.signature_id
    from {{ ref('int_signatures') }} as signatures
    inner join {{ absorbed('int_signatures') }} as signatures_before on signatures.signature_id = signatures_before.signature_id
    where
        signatures.category is distinct from signatures_before.category
        or signatures.product_id is distinct from signatures_before.product_id
        or signatures.is_sales_ready is distinct from signatures_before.is_sales_ready
),

-- Events that are judged or classified differently although they are the same.
reconsidered_events as (
    select contact_id, anonymous_id
    from {{ stored_events }}
    where user_agent in (select user_agent from reclassified_agents)
    union
    select contact_id, anonymous_id
    from {{ stored_events }}
    where signature_id in (select signature_id from reclassified_signatures)
),

event_sources as (
    select contact_id, anonymous_id
    from changed_events
    where not is_removed
    union
    select contact_id, anonymous_id
    from reconsidered_events
),

changed_stages as (
    select coalesce(stages.contact_id, stages_before.contact_id) as contact_id
    from {{ ref('int_stage_hashes') }} as stages
    full outer join {{ absorbed('int_stage_hashes') }} as stages_before on stages.contact_id = stages_before.contact_id
    where stages.row_hash is distinct from stages_before.row_hash
),

changed as (
    select {{ event_owner('owners', 'event_sources.contact_id', 'event_sources.anonymous_id') }} as owner_id
    from event_sources
    left join owners on {{ owns_event('owners', 'event_sources.contact_id', 'event_sources.anonymous_id') }}
    union
    select {{ event_owner('owners_before', 'changed_events.previous_contact_id', 'changed_events.previous_anonymous_id') }} as owner_id
    from changed_events
    left join owners_before
        on {{ owns_event('owners_before', 'changed_events.previous_contact_id', 'changed_events.previous_anonymous_id') }}
    where coalesce(changed_events.previous_contact_id, changed_events.previous_anonymous_id) is not null
    union
    select coalesce(owner_id, case when is_anonymous then 'anonymous:' else '' end || source_id) as owner_id
    from moved_sources
    union
    select coalesce(previous_owner_id, case when is_anonymous then 'anonymous:' else '' end || source_id) as owner_id
    from moved_sources
    union
    select contact_id as owner_id
    from changed_stages
    union
    {{ pending_rows(['owner_id']) }}
)
{%- else %}
with changed as (
    select owner_id
    from {{ ref('int_event_owners') }}
    where 1 = 0
)
{%- endif %}

select
    changed.owner_id,
    scope.run_id
from changed
cross join {{ ref('int_run_scope') }} as scope
