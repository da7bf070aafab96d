{#- dbt's own, without `write(sql)`: dbt joins its target folder with a seed's path, and where LEAD_SCORING_SEEDS_DIR is
    absolute the result is the CSV itself, which would be overwritten with SQL. Only seeds use this macro. -#}
{% macro noop_statement(name=None, message=None, code=None, rows_affected=None, res=None) -%}
    {%- set sql = caller() -%}
    {%- if name is not none -%}
        {{ store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) }}
    {%- endif -%}
{%- endmacro %}
