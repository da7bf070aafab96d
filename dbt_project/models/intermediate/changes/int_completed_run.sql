-- One row: the last run that brought every event-grain table up to date. Until it is written, what was changed stays pending.
{{ config(post_hook="{{ absorb_inputs() }}") }}
-- depends_on: {{ ref('int_events_deduplicated') }}
-- depends_on: {{ ref('int_raw_load_days') }}
-- depends_on: {{ ref('int_event_owners') }}
-- depends_on: {{ ref('int_stage_hashes') }}
-- depends_on: {{ ref('int_bot_agents') }}
-- depends_on: {{ ref('int_signatures') }}
-- depends_on: {{ ref('int_signature_rules') }}
-- depends_on: {{ ref('int_rule_hashes') }}
-- depends_on: {{ ref('int_raw_rejected_events') }}
-- depends_on: {{ ref('int_events_classified') }}
-- depends_on: {{ ref('int_activity_days') }}
-- depends_on: {{ ref('int_first_events') }}
-- depends_on: {{ ref('int_ledger') }}
-- depends_on: {{ ref('int_fit_criteria') }}
-- depends_on: {{ ref('int_contact_fit_criteria') }}
-- depends_on: {{ ref('int_profile_hashes') }}
-- depends_on: {{ ref('int_fit_rule_hashes') }}
-- depends_on: {{ ref('int_titles') }}

select
    run_id,
    pipeline_hash
from {{ ref('int_run_scope') }}
