{#- For `with name as {{ not_materialized() }} (…)`: each reader of the CTE computes it for itself. DuckDB and PostgreSQL hold a CTE with
    several readers in memory, whole, although each of them wants a part: ten million events cost more to hold than to read twice. -#}
{% macro not_materialized() -%}{{ return(adapter.dispatch('not_materialized')()) }}{%- endmacro %}
{% macro default__not_materialized() -%}not materialized{%- endmacro %}
{% macro spark__not_materialized() -%}{%- endmacro %}
