{#- Fails for every combination of the columns that stands in more than one row; two nulls are the same value.
    recorded_days_only: looks at the days that this run records in the history. Older days have been tested when they were
    written, and a history of years would be read again by every run.
    recomputed_only: for the same reason, in a partial run looks at the rows with a key among those that changed:
    {key: column of this model, changed_in: model, changed_key: its column}. -#}
{% test unique_combination(model, columns, recorded_days_only=false, recomputed_only=none) %}
select
    {{ columns | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
{%- if recorded_days_only %}
where as_of_date in (select as_of_date from {{ ref('int_scoring_dates') }} where is_recorded)
{%- endif %}
{%- if recomputed_only %}
{%- set changed = ref(recomputed_only.changed_in) %}
{%- if is_partial_run() %}
where {{ recomputed_only.key }} in (select {{ recomputed_only.changed_key }} from {{ changed }})
{%- endif %}
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
