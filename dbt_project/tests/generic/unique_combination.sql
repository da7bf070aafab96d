{#- Fails for every combination of the columns that stands in more than one row; two nulls are the same value.
    recorded_days_only: looks at the days that this run records in the history. Older days have been tested when they were
    written, and a history of years would be read again by every run. -#}
{% test unique_combination(model, columns, recorded_days_only=false) %}
select
    {{ columns | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
{%- if recorded_days_only %}
where as_of_date in (select as_of_date from {{ ref('int_scoring_dates') }} where is_recorded)
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
