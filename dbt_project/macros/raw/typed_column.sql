{#- A raw column as the contract's type (text, number, timestamp, date, boolean); what cannot be read is null.
    column: {name, type} as the engine has it, none where it is absent. -#}
{% macro typed_column(column, data_type) -%}
    {%- if not column -%}
        cast(null as {{ {'text': dbt.type_string(), 'number': type_double(), 'timestamp': dbt.type_timestamp()}.get(data_type, data_type) }})
    {%- else -%}
        {%- set name = adapter.quote(column.name) -%}
        {%- set text = "nullif(" ~ trim_text(adapter.dispatch('text_of')(name, column.type)) ~ ", '')" -%}
        {#- DECIMAL(18,3) is DECIMAL; a list or a struct of numbers is no number. -#}
        {%- set type = 'LIST' if column.type.endswith(']') else column.type.split('(')[0] -%}
        {%- if data_type == 'text' -%}{{ text }}
        {%- elif data_type == 'number' -%}{{ adapter.dispatch('typed_number')(name, type, text) }}
        {%- elif data_type == 'timestamp' -%}{{ adapter.dispatch('typed_timestamp')(name, type, text) }}
        {%- elif data_type == 'date' -%}{{ adapter.dispatch('typed_date')(name, type, text) }}
        {%- elif data_type == 'boolean' -%}{{ adapter.dispatch('typed_boolean')(name, type, text) }}
        {%- else -%}{{ exceptions.raise_compiler_error('unknown data_type ' ~ data_type) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- A column of any type as text: of JSON what it stands for, without its quotes; of floating point numbers the finite ones, whole
    ones without decimals. A column of whole numbers with gaps has often become one of those, and 7.0 is still the id 7. -#}
{% macro default__text_of(name, type) -%}
    {%- if type == 'VARCHAR' -%}
        {{ name }}
    {%- elif type == 'JSON' -%}
        ({{ name }} ->> '$')
    {%- elif type in ('DOUBLE', 'FLOAT') -%}
        case
            when abs({{ name }}) < 9007199254740992 and {{ name }} = floor({{ name }}) then cast(cast({{ name }} as bigint) as {{ dbt.type_string() }})
            else cast({{ finite(name) }} as {{ dbt.type_string() }})
        end
    {%- else -%}
        cast({{ name }} as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}

{% macro default__typed_number(name, type, text) -%}
    {%- if modules.re.match('(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|LONG|DECIMAL|NUMERIC)$', type) -%}
        cast({{ name }} as {{ type_double() }})
    {%- elif type in ('DOUBLE', 'FLOAT') -%}
        {{ finite('cast(' ~ name ~ ' as ' ~ type_double() ~ ')') }}
    {%- else -%}
        {{ text_to_number(text) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__typed_timestamp(name, type, text) -%}
    {%- if type == 'TIMESTAMP WITH TIME ZONE' -%}
        {%- set timestamp = "timezone('UTC', " ~ name ~ ")" -%}
    {%- elif type in ('TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'DATE') -%}
        {%- set timestamp = 'try_cast(' ~ name ~ ' as timestamp)' -%}
    {%- else -%}
        {#- Nanoseconds go through text as well, which cuts them off; a cast would round into the next day.
            The session's zone is UTC: a text without a zone is UTC, one with a zone is converted, be there a space before it or not. -#}
        {%- set closed = "regexp_replace(" ~ text ~ ", ' ([+-][0-9:]+|[zZ])$', '\\1')" -%}
        {%- set timestamp = "timezone('UTC', coalesce(try_cast(" ~ text ~ " as timestamptz), try_cast(" ~ closed ~ " as timestamptz)))" -%}
    {%- endif -%}
    case
        when {{ timestamp }} between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999'
            then {{ timestamp }}
    end
{%- endmacro %}

{% macro default__typed_date(name, type, text) -%}
    cast({{ adapter.dispatch('typed_timestamp')(name, type, text) }} as date)
{%- endmacro %}

{% macro default__typed_boolean(name, type, text) -%}
    {%- if type == 'BOOLEAN' -%}
        {{ name }}
    {%- else -%}
        {#- 1.0 is how a flag looks that went through a column of numbers. -#}
        case
            {{ text_to_number(text) }}
            when 1 then true
            when 0 then false
            else try_cast({{ text }} as boolean)
        end
    {%- endif -%}
{%- endmacro %}
