{#- Fails for every row for which the condition is false or unknown; say `coalesce(…, true)` where null is fine.
    recomputed_only: as in unique_combination. -#}
{% test every_row_satisfies(model, condition, column_name=none, recomputed_only=none) %}
select *
from {{ model }}
where
    not coalesce(({{ condition }}), false)
    {%- if recomputed_only %}
    {%- set changed = ref(recomputed_only.changed_in) %}
    {%- if is_partial_run() %}
    and {{ recomputed_only.key }} in (select {{ recomputed_only.changed_key }} from {{ changed }})
    {%- endif %}
    {%- endif %}
{% endtest %}
