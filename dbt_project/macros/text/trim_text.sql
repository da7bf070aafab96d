{#- Text without white space of any kind (Unicode White_Space and the ASCII separators) at its ends. -#}
{% macro trim_text(expression) -%}{{ return(adapter.dispatch('trim_text')(expression)) }}{%- endmacro %}

{% macro white_space() -%}
    {{ return("\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000") }}
{%- endmacro %}

{% macro default__trim_text(expression) -%}trim(both '{{ white_space() }}' from {{ expression }}){%- endmacro %}

{#- Nearly all text starts and ends with a visible ASCII character: asking that first is ten times faster than trimming. -#}
{% macro duckdb__trim_text(expression) -%}
    case
        when {{ expression }} >= '!' and {{ expression }} < chr(127) and right({{ expression }}, 1) between '!' and '~'
            then {{ expression }}
        else trim({{ expression }}, '{{ white_space() }}')
    end
{%- endmacro %}
