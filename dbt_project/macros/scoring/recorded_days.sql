{#- The days that earlier runs left in the history, read from the published `scoring_days` itself: a ref() would be a cycle,
    since those rows are written last, after everything that they vouch for. -#}
{% macro recorded_days() -%}
    {%- set recorded = load_relation(api.Relation.create(database=target.database, schema='marts', identifier='scoring_days'))
        if execute else none -%}
    {%- if recorded -%}
        select
            as_of_date,
            rule_book_hash,
            is_complete
        from {{ recorded }}
    {%- else -%}
        select
            cast(null as date) as as_of_date,
            cast(null as {{ dbt.type_string() }}) as rule_book_hash,
            cast(null as boolean) as is_complete
        where 1 = 0
    {%- endif -%}
{%- endmacro %}
