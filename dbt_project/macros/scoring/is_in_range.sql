{#- Whether an event's value and activity date are within those that a point rule asks for. -#}
{% macro is_in_range(events, point_rules) -%}
    ({{ point_rules }}.min_value is null or {{ events }}.value >= {{ point_rules }}.min_value)
        and ({{ point_rules }}.max_value is null or {{ events }}.value <= {{ point_rules }}.max_value)
        and ({{ point_rules }}.valid_from is null or {{ events }}.activity_date >= {{ point_rules }}.valid_from)
        and ({{ point_rules }}.valid_to is null or {{ events }}.activity_date <= {{ point_rules }}.valid_to)
{%- endmacro %}
