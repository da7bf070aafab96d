{#- The owner of an event where int_event_owners (joined as `owners`) knows none: the id itself. -#}
{% macro event_owner(owners, contact_id, anonymous_id) -%}
    coalesce({{ owners }}.owner_id, {{ contact_id }}, 'anonymous:' || {{ anonymous_id }})
{%- endmacro %}

{% macro owns_event(owners, contact_id, anonymous_id) -%}
    {{ owners }}.source_id = coalesce({{ contact_id }}, {{ anonymous_id }})
        and {{ owners }}.is_anonymous = ({{ contact_id }} is null)
{%- endmacro %}
