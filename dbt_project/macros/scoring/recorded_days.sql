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

{#- The days that a run before this one began to write into the history and did not finish. -#}
{% macro begun_days() -%}
    {%- set begun = stored('int_begun_days') if execute else none -%}
    {%- if begun -%}
        select as_of_date
        from {{ begun }}
    {%- else -%}
        select cast(null as date) as as_of_date
        where 1 = 0
    {%- endif -%}
{%- endmacro %}

{#- A post-hook of scoring_days, in its transaction: what it vouches for is finished. -#}
{% macro finish_days() -%}
    {%- if execute -%}delete from {{ ref('int_begun_days') }}{%- endif -%}
{%- endmacro %}
