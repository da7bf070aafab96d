{#- Fails for every row for which the condition is false or unknown; say `coalesce(…, true)` where null is fine. -#}
{% test every_row_satisfies(model, condition, column_name=none) %}
select *
from {{ model }}
where not coalesce(({{ condition }}), false)
{% endtest %}
