{#- How the history is written. Both replace whole days in one transaction, so that a run can be repeated.
    replace_days: the days that this run records. replace_from_first_day: the first of them and all later ones, for what
    depends on the days before. -#}
{% macro get_incremental_replace_days_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, "as_of_date in (select as_of_date from " ~ ref('int_scoring_dates') ~ " where is_recorded)") }}
{%- endmacro %}

{% macro get_incremental_replace_from_first_day_sql(arg_dict) -%}
    {{ replace_rows(arg_dict, "as_of_date >= (select min(as_of_date) from " ~ ref('int_scoring_dates') ~ " where is_recorded)") }}
{%- endmacro %}

{% macro replace_rows(arg_dict, condition) -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict.target_relation }} where {{ condition }};
    insert into {{ arg_dict.target_relation }} ({{ columns }}) select {{ columns }} from {{ arg_dict.temp_relation }}
{%- endmacro %}
