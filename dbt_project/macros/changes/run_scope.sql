{#- Whether this run recomputes only what changed, as int_run_scope decided when the run began. It alone decides, `--full-refresh`
    of a selection does not: a table rebuilt from a view that shows what changed would lose the rest. -#}
{% macro is_partial_run() -%}
    {%- if not execute or model.resource_type == 'unit_test' -%}{{ return(false) }}{%- endif -%}
    {%- set scope = stored('int_run_scope') -%}
    {{ return(scope is not none and not run_query('select is_full from ' ~ scope).rows[0][0]) }}
{%- endmacro %}

{#- dbt's own question, asked by is_incremental() too. Tables with full_refresh=false, the history, are never rebuilt. -#}
{% macro should_full_refresh() -%}
    {%- set configured = config.get('full_refresh') -%}
    {{ return(configured if configured is not none else not is_partial_run()) }}
{%- endmacro %}

{#- Whether everything must be rebuilt: asked for, never done, done by other code or engine parameters, begun and not completed, or
    a table is gone, which a partial run would make anew of what changed alone. -#}
{% macro is_rebuild_due() -%}
    {%- if flags.FULL_REFRESH -%}{{ return(true) }}{%- endif -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'incremental' -%}
        {%- if node.config.full_refresh is none and not stored(node.name) -%}{{ return(true) }}{%- endif -%}
    {%- endfor -%}
    {%- set completed = stored('int_completed_run') -%}
    {%- set scope = stored('int_run_scope') -%}
    {%- if not completed or not scope -%}{{ return(true) }}{%- endif -%}
    {{ return(not run_query(
        'select bool_and(completed.pipeline_hash = ' ~ text_literal(pipeline_hash()) ~ ' and (not scope.is_full or scope.run_id = completed.run_id))'
        ~ ' from ' ~ completed ~ ' as completed cross join ' ~ scope ~ ' as scope'
    ).rows[0][0]) }}
{%- endmacro %}

{#- A fingerprint of what shapes every event-grain table beside rows and rule book: the code of models and macros, engine parameters. -#}
{% macro pipeline_hash() -%}
    {%- set parts = [adapter.dispatch('engine_version')(), adapter.dispatch('macros_hash')()] -%}
    {%- for node in graph.nodes.values() | sort(attribute='unique_id') if node.resource_type == 'model' -%}
        {%- do parts.append(node.checksum.checksum) -%}
    {%- endfor -%}
    {%- for name in ['scoring_timezone', 'email_grace_days', 'not_activity_event_types'] -%}
        {%- do parts.append(var(name) | string) -%}
    {%- endfor -%}
    {{ return(local_md5(parts | join(' '))) }}
{%- endmacro %}

{#- Stored hashes are compared with those of later runs, so the engine that made them counts. -#}
{% macro default__engine_version() -%}{{ return(target.type) }}{%- endmacro %}
{% macro duckdb__engine_version() -%}{{ return(run_query('select version()').rows[0][0]) }}{%- endmacro %}

{#- dbt's graph knows the text of models and not that of macros, so the engine reads it. Where it finds none, every run rebuilds. -#}
{% macro default__macros_hash() -%}{{ exceptions.raise_compiler_error('macros_hash has no variant for ' ~ target.type) }}{%- endmacro %}
{% macro duckdb__macros_hash() -%}
    {%- set files = invocation_args_dict.get('project_dir', '.') ~ '/macros/**/*.sql' -%}
    {%- set texts = "select md5(string_agg(content, '' order by filename)) from read_text(" ~ text_literal(files) ~ ')' -%}
    {{ return(run_query(texts).rows[0][0] or invocation_id) }}
{%- endmacro %}

{#- A model's table as the last run left it, none where there is none. Not by ref(): it is read before it is rebuilt. -#}
{% macro stored(name) -%}
    {{ return(load_relation(api.Relation.create(
        database=target.database, schema='intermediate', identifier=name
    ))) }}
{%- endmacro %}
