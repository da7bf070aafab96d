{#- How incremental tables are written: the rows that a run recomputes are deleted and inserted in one transaction, so that a run can be
    repeated.
    replace_owners: those of changed owners, by the model's config `owner_column`.
    replace_cells: of the ledger those of changed owners and those of changed rules.
    replace_profiles, replace_contact_profiles: those of contacts and accounts whose profile changed.
    replace_events: events that changed. replace_load_days: days of loading whose raw rows changed.
    replace_days: the days that this run records. replace_from_first_day: the first of them and all later ones, for what
    depends on the days before.
    In a scratch file (materialization `overlay`) the same condition says which stored rows are covered by fresh ones. -#}
{% macro get_incremental_replace_owners_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, config.require('owner_column') ~ ' in (select owner_id from ' ~ ref('int_changed_owners') ~ ')') }}
{%- endmacro %}

{% macro get_incremental_replace_cells_sql(arg_dict) -%}
    {{ replace_rows(
        arg_dict,
        'contact_id in (select owner_id from ' ~ ref('int_changed_owners') ~ ')'
        ~ ' or rule_id in (select rule_id from ' ~ ref('int_changed_rules') ~ ')'
    ) }}
{%- endmacro %}

{% macro get_incremental_replace_events_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, 'event_id in (select event_id from ' ~ ref('int_changed_events') ~ ')') }}
{%- endmacro %}

{% macro get_incremental_replace_profiles_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, '(entity, entity_id) in (select entity, entity_id from ' ~ ref('int_changed_profiles') ~ ')') }}
{%- endmacro %}

{% macro get_incremental_replace_contact_profiles_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, "contact_id in (select entity_id from " ~ ref('int_changed_profiles') ~ " where entity = 'contact')") }}
{%- endmacro %}

{% macro get_incremental_replace_load_days_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, 'load_day in (select load_day from ' ~ ref('int_changed_load_days') ~ ')') }}
{%- endmacro %}

{% macro get_incremental_replace_days_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, "as_of_date in (select as_of_date from " ~ ref('int_scoring_dates') ~ " where is_recorded)") }}
{%- endmacro %}

{% macro get_incremental_replace_from_first_day_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, "as_of_date >= (select min(as_of_date) from " ~ ref('int_scoring_dates') ~ " where is_recorded)") }}
{%- endmacro %}

{% macro replace_rows(arg_dict, condition) -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='quoted') | join(', ') -%}
    {%- if arg_dict.stored_rows -%}
    create or replace view {{ arg_dict.target_relation }} as
    select {{ columns }} from {{ arg_dict.stored_rows }} where not coalesce({{ condition }}, false)
    union all
    select {{ columns }} from {{ arg_dict.temp_relation }}
    {%- else -%}
    delete from {{ arg_dict.target_relation }} where {{ condition }};
    insert into {{ arg_dict.target_relation }} ({{ columns }}) select {{ columns }} from {{ arg_dict.temp_relation }}
    {%- endif -%}
{%- endmacro %}

{#- For `where`: in a partial run the rows of changed owners, else all. -#}
{% macro is_in_scope(owner_column) -%}
    {%- set changed_owners = ref('int_changed_owners') -%}
    {%- if is_partial_run() -%}
        {{ owner_column }} in (select owner_id from {{ changed_owners }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- For `where`: in a partial run the profiles that changed, else all. entity: SQL of its kind, `contact` or `account`. -#}
{% macro is_profile_in_scope(entity, entity_id) -%}
    {%- set changed_profiles = ref('int_changed_profiles') -%}
    {%- if is_partial_run() -%}
        {{ entity_id }} in (select entity_id from {{ changed_profiles }} where entity = '{{ entity }}')
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
