{#- An event's object: a page keeps its path alone (root `/`), anything else its name; in lower case. -#}
{% macro normalized_object(expression) -%}
    {%- set object = 'lower(' ~ expression ~ ')' -%}
    {%- set address = "split_part(split_part(" ~ object ~ ", '#', 1), '?', 1)" -%}
    case
        when {{ object }} like '/%' then coalesce(nullif(rtrim({{ address }}, '/'), ''), '/')
        when {{ object }} like 'http://%' or {{ object }} like 'https://%'
            then coalesce(nullif(rtrim({{ url_path(address) }}, '/'), ''), '/')
        else {{ object }}
    end
{%- endmacro %}

{#- What follows the host of `scheme://host/path`, empty without a path. -#}
{% macro url_path(address) -%}
    {%- set rest = "substr(" ~ address ~ ", strpos(" ~ address ~ ", '://') + 3)" -%}
    case when strpos({{ rest }}, '/') > 0 then substr({{ rest }}, strpos({{ rest }}, '/')) else '' end
{%- endmacro %}
