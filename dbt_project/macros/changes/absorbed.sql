{#- Inputs of the event-grain tables whose state at the last completed run is kept in schema `absorbed`, to be compared with
    today's: name → the columns that count. -#}
{% macro absorbed_inputs() -%}
    {{ return({
        'int_raw_load_days': ['load_day', 'row_hash'],
        'int_event_owners': ['source_id', 'is_anonymous', 'owner_id', 'is_listed'],
        'int_stage_hashes': ['contact_id', 'row_hash'],
        'int_bot_agents': ['user_agent'],
        'int_signatures': ['signature_id', 'category', 'product_id', 'is_sales_ready'],
        'int_signature_rules': ['signature_id', 'rule_id'],
        'int_rule_hashes': ['rule_id', 'row_hash'],
        'int_profile_hashes': ['entity', 'entity_id', 'row_hash'],
        'int_fit_rule_hashes': ['rule_id', 'row_hash'],
        'int_titles': ['job_title', 'title_pattern', 'points'],
    }) }}
{%- endmacro %}

{#- For `from`: an input as the last completed run saw it. Only partial runs have one. -#}
{% macro absorbed(name) -%}
    {{ api.Relation.create(database=target.database, schema='absorbed', identifier=name) }}
{%- endmacro %}

{#- A post-hook of int_completed_run, in its transaction: from now on today's inputs are the ones to compare with. -#}
{% macro absorb_inputs() -%}
    {%- if execute -%}
    create schema if not exists {{ api.Relation.create(database=target.database, schema='absorbed').without_identifier() }};
    {%- for name, columns in absorbed_inputs().items() %}
    create or replace table {{ absorbed(name) }} as select {{ columns | join(', ') }} from {{ ref(name) }};
    {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{#- The rows of a set of changes that runs before this one left without completing, so that nothing touched half-way is forgotten. -#}
{% macro pending_rows(columns) -%}
    {%- set pending = stored(this.identifier) if is_partial_run() else none %}
    select {{ columns | join(', ') }}
    {%- if pending %}
    from {{ pending }}
    where run_id <> (select run_id from {{ stored('int_completed_run') }})
    {%- else %}
    from (select {% for column in columns %}null as {{ column }}{{ ', ' if not loop.last }}{% endfor %}) as nothing
    where 1 = 0
    {%- endif -%}
{%- endmacro %}
