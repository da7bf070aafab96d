{#- Fails unless the column adds up to the total over all rows; an empty table fails. -#}
{% test sums_to(model, column_name, total) %}
select sum({{ column_name }}) as actual_total
from {{ model }}
having not coalesce(abs(sum({{ column_name }}) - {{ total }}) <= 1e-9, false)
{% endtest %}
