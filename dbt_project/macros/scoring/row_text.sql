{#- All columns of a seed but the description as one text that differs when a value differs. Flags and decay
    without a value take their default first, so that an empty cell and a written default are the same. -#}
{% macro row_text(relation) -%}
    {%- if not execute -%}''{%- else -%}
    {%- for column in adapter.get_columns_in_relation(relation) | sort(attribute='name') if column.name != 'description' -%}
        {%- set default = 'true' if column.name == 'enabled' else 'false' -%}
        {%- set value = column.name -%}
        {%- if column.data_type | lower == 'boolean' and column.name != 'is_sales_ready' -%}
            {%- set value = 'coalesce(' ~ column.name ~ ', ' ~ default ~ ')' -%}
        {%- elif column.name == 'decay' -%}
            {%- set value = "coalesce(decay, 'none')" -%}
        {%- endif -%}
        '{{ column.name }}=' || coalesce(replace(cast({{ value }} as {{ dbt.type_string() }}), ';', ';;'), '; ') || ';,'
        {%- if not loop.last %} || {% endif -%}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
