{#- The engine's 64-bit floating point type; dbt.type_float() is 32 bits wide on some. -#}
{% macro type_double() -%}{{ return(adapter.dispatch('type_double')()) }}{%- endmacro %}
{% macro default__type_double() -%}double{%- endmacro %}
{% macro postgres__type_double() -%}double precision{%- endmacro %}

{#- Text as a number: plain decimal or exponent notation, else null. The pattern comes first since engines take more
    (`1_000`, `inf`). -#}
{% macro text_to_number(expression) -%}{{ return(adapter.dispatch('text_to_number')(expression)) }}{%- endmacro %}

{% macro number_pattern() -%}^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?${%- endmacro %}

{% macro default__text_to_number(expression) -%}
    case when {{ expression }} rlike '{{ number_pattern() }}' then {{ finite("try_cast(" ~ expression ~ " as double)") }} end
{%- endmacro %}

{% macro duckdb__text_to_number(expression) -%}
    case
        when regexp_matches({{ expression }}, '{{ number_pattern() }}')
            then {{ finite("try_cast(" ~ expression ~ " as double)") }}
    end
{%- endmacro %}

{% macro postgres__text_to_number(expression) -%}
    case when {{ expression }} ~ '{{ number_pattern() }}' then cast({{ expression }} as double precision) end
{%- endmacro %}

{#- The number unless it is infinite or not a number, then null. -#}
{% macro finite(expression) -%}{{ return(adapter.dispatch('finite')(expression)) }}{%- endmacro %}

{% macro default__finite(expression) -%}
    case when abs({{ expression }}) <= 1.7976931348623157e308 then {{ expression }} end
{%- endmacro %}

{% macro duckdb__finite(expression) -%}
    case when isfinite({{ expression }}) then {{ expression }} end
{%- endmacro %}

{#- A computed number as it is compared: rounded to 9 decimals, so that the order of a sum never decides. -#}
{% macro comparable(expression) -%}{{ return(adapter.dispatch('comparable')(expression)) }}{%- endmacro %}
{% macro default__comparable(expression) -%}round({{ expression }}, 9){%- endmacro %}
{% macro postgres__comparable(expression) -%}round(cast({{ expression }} as numeric), 9){%- endmacro %}

{#- An aggregate: a sum of doubles that is the same in whatever order they come, to the bit. So a table that was reached another way is
    equal and not nearly so, and parts add up to their whole. Of numbers as large as nobody scores with, an ordinary sum. -#}
{% macro exact_sum(expression) -%}{{ return(adapter.dispatch('exact_sum')(expression)) }}{%- endmacro %}

{% macro default__exact_sum(expression) -%}
    case
        when max(abs({{ expression }})) < 1e15
            then cast(sum(try_cast({{ expression }} as decimal(28, 12))) as {{ type_double() }})
        else sum({{ expression }})
    end
{%- endmacro %}

{% macro postgres__exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as numeric)) as {{ type_double() }})
{%- endmacro %}

{#- The number inside [low, high]; a null bound is open, since `least` and `greatest` pass nulls over. -#}
{% macro clamp(expression, low, high) -%}
    least(greatest({{ expression }}, {{ low }}), {{ high }})
{%- endmacro %}
