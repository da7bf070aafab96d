{#- How `lead-scoring impact` writes an incremental model into a scratch file whose relations are views of the warehouse, which is attached
    read-only as `stored`: the fresh rows are a table, <model>__fresh, and the model is the stored rows without those that they replace,
    and the fresh ones. The strategy says which those are, as in a build; no stored row is copied. -#}
{% materialization overlay, adapter='duckdb' %}
    {%- set stored_rows = api.Relation.create(database='stored', schema=this.schema, identifier=this.identifier) -%}
    {%- set fresh_rows = api.Relation.create(database=this.database, schema=this.schema, identifier=this.identifier ~ '__fresh') -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set replace = adapter.get_incremental_strategy_macro(context, config.require('incremental_strategy')) -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        {#- The model may read what it was, so its rows come first. -#}
        create or replace table {{ fresh_rows }} as (
            {{ sql }}
        );
    {%- endcall %}
    {% call statement('overlay') -%}
        {{ replace({
            'target_relation': target_relation,
            'temp_relation': fresh_rows,
            'dest_columns': adapter.get_columns_in_relation(stored_rows),
            'stored_rows': stored_rows,
        }) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- dbt's own question; an overlay is what an incremental model is in a scratch file. -#}
{% macro is_incremental() -%}
    {%- if execute and model.config.materialized == 'overlay' -%}{{ return(not should_full_refresh()) }}{%- endif -%}
    {{ return(dbt.is_incremental()) }}
{%- endmacro %}
