{#- 64 bits that differ when a value differs, null or not. Stable for one version of the engine. -#}
{% macro row_hash(columns) -%}{{ return(adapter.dispatch('row_hash')(columns)) }}{%- endmacro %}
{% macro duckdb__row_hash(columns) -%}hash({{ columns | join(', ') }}){%- endmacro %}
{% macro spark__row_hash(columns) -%}xxhash64(to_json(struct({{ columns | join(', ') }}), map('ignoreNullFields', 'false'))){%- endmacro %}
{% macro postgres__row_hash(columns) -%}hashtextextended(cast(json_build_array({{ columns | join(', ') }}) as text), 0){%- endmacro %}

{#- An aggregate: a number that differs when the set of rows with these hashes differs, in whatever order they come. -#}
{% macro set_hash(hash) -%}cast(sum(cast({{ hash }} as decimal(38, 0))) as {{ dbt.type_string() }}){%- endmacro %}

{#- What rules look at of an event, as one number. -#}
{% macro signature_id(event_type, object, category, product_id, campaign, is_derived) -%}
    {{ row_hash([event_type, object, category, product_id, campaign, is_derived]) }}
{%- endmacro %}

{#- Derived events have neither category nor product nor campaign. -#}
{% macro derived_signature_id(event_type, object) -%}
    {{ signature_id(event_type, object, null_text(), null_text(), null_text(), 'true') }}
{%- endmacro %}

{% macro null_text() -%}cast(null as {{ dbt.type_string() }}){%- endmacro %}
