{#- A bound of the 95 % interval of a share (Wilson's score interval): side is '-' for the lower, '+' for the upper one. Null where there
    are no trials. -#}
{% macro wilson_bound(successes, trials, side) -%}
    {%- set z = 1.959964 -%}
    {%- set n = 'cast(' ~ trials ~ ' as ' ~ type_double() ~ ')' -%}
    {%- set p = '(' ~ successes ~ ' / ' ~ n ~ ')' -%}
    case when {{ trials }} > 0 then greatest(0.0, least(1.0, (
        {{ p }} + {{ z * z / 2 }} / {{ n }}
        {{ side }} {{ z }} * sqrt(greatest(0.0, {{ p }} * (1 - {{ p }}) / {{ n }} + {{ z * z / 4 }} / ({{ n }} * {{ n }})))
    ) / (1 + {{ z * z }} / {{ n }}))) end
{%- endmacro %}
