{#- The LIKE form of one alternative of a rule book pattern: `*` is any run of characters, everything else is literal.
    Use with `escape '^'`, against lower-cased text. -#}
{% macro like_pattern(alternative) -%}
    replace(replace(replace(replace(lower({{ alternative }}), '^', '^^'), '%', '^%'), '_', '^_'), '*', '%')
{%- endmacro %}

{#- The LIKE form of one alternative of a title pattern: whole words anywhere in a title that has a space at both ends. -#}
{% macro like_title_pattern(alternative) -%}
    '% ' || replace({{ trim_text(title_words(alternative, keep='*')) }}, '*', '%') || ' %'
{%- endmacro %}

{#- A title in lower case, every run of characters that are neither letters nor digits of any script one space.
    keep: one more character that stays. -#}
{% macro title_words(expression, keep='') -%}{{ return(adapter.dispatch('title_words')(expression, keep)) }}{%- endmacro %}

{% macro default__title_words(expression, keep) -%}
    regexp_replace(lower({{ expression }}), '[^\p{L}\p{Nd}{{ keep }}]+', ' ', 'g')
{%- endmacro %}

{% macro spark__title_words(expression, keep) -%}
    regexp_replace(lower({{ expression }}), '[^\\p{L}\\p{Nd}{{ keep }}]+', ' ')
{%- endmacro %}

{% macro postgres__title_words(expression, keep) -%}
    regexp_replace(lower({{ expression }}), '[^[:alnum:]{{ keep }}]+', ' ', 'g')
{%- endmacro %}
