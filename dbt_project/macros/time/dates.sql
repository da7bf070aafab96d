{#- A day as text of the form YYYY-MM-DD: the var, which may come as text or as a date; none where it is empty. -#}
{% macro date_var(name) -%}
    {%- set value = var(name, '') | string | trim -%}
    {{ return(value[:10] if value and value | lower != 'none' else none) }}
{%- endmacro %}

{#- Today in the scoring time zone when this run started: an invocation's fact, never the engine's clock. -#}
{% macro run_date() -%}
    {%- if date_var('run_date') -%}{{ return(date_var('run_date')) }}{%- endif -%}
    {#- An unknown zone is reported by check_configuration, with all else that is wrong. -#}
    {%- set name = var('scoring_timezone') if var('scoring_timezone') in modules.pytz.all_timezones else 'UTC' -%}
    {%- set zone = modules.pytz.timezone(name) -%}
    {{ return(run_started_at.astimezone(zone).strftime('%Y-%m-%d')) }}
{%- endmacro %}

{#- The day that this run's scores are true for. -#}
{% macro as_of_date() -%}{{ return(date_var('as_of_date') or run_date()) }}{%- endmacro %}

{#- A date literal. -#}
{% macro date_literal(day) -%}cast('{{ day }}' as date){%- endmacro %}

{#- A date some whole days later. -#}
{% macro add_days(day, days) -%}{{ return(adapter.dispatch('add_days')(day, days)) }}{%- endmacro %}
{% macro default__add_days(day, days) -%}({{ day }} + cast({{ days }} as integer)){%- endmacro %}
{% macro spark__add_days(day, days) -%}date_add({{ day }}, cast({{ days }} as int)){%- endmacro %}

{#- Whole days from one date to a later one. -#}
{% macro days_between(earlier, later) -%}{{ return(adapter.dispatch('days_between')(earlier, later)) }}{%- endmacro %}
{% macro default__days_between(earlier, later) -%}({{ later }} - {{ earlier }}){%- endmacro %}
{% macro spark__days_between(earlier, later) -%}datediff({{ later }}, {{ earlier }}){%- endmacro %}

{#- The Monday of a date's ISO week; the first of its month. -#}
{% macro first_of(part, day) -%}cast(date_trunc('{{ part }}', {{ day }}) as date){%- endmacro %}

{#- The date of a UTC timestamp in the scoring time zone. -#}
{% macro activity_date(timestamp) -%}
    {%- if var('scoring_timezone') == 'UTC' -%}
        cast({{ timestamp }} as date)
    {%- else -%}
        {{ adapter.dispatch('local_date')(timestamp, var('scoring_timezone')) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__local_date(timestamp, zone) -%}
    cast(timezone('{{ zone }}', timezone('UTC', {{ timestamp }})) as date)
{%- endmacro %}
{% macro spark__local_date(timestamp, zone) -%}cast(from_utc_timestamp({{ timestamp }}, '{{ zone }}') as date){%- endmacro %}

{#- A UTC timestamp as text: YYYY-MM-DDTHH:MM:SS.ffffff. -#}
{% macro timestamp_text(timestamp) -%}{{ return(adapter.dispatch('timestamp_text')(timestamp)) }}{%- endmacro %}
{% macro default__timestamp_text(timestamp) -%}to_char({{ timestamp }}, 'YYYY-MM-DD"T"HH24:MI:SS.US'){%- endmacro %}
{% macro duckdb__timestamp_text(timestamp) -%}strftime({{ timestamp }}, '%Y-%m-%dT%H:%M:%S.%f'){%- endmacro %}
{% macro spark__timestamp_text(timestamp) -%}date_format({{ timestamp }}, "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"){%- endmacro %}
