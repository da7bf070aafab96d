{#- Seeds as spreadsheets save them: mixed line ends and quoted line breaks load, white space around a cell and empty
    quotes are no values. The COPY of the adapter stops at all four. Types are cast from text, so a bad cell is an error. -#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {%- set types = config.get('column_types', {}) -%}
    {%- set sql -%}
        insert into {{ this.render() }}
        select
            {%- for column in agate_table.column_names %}
            cast(nullif({{ trim_text(adapter.quote(column)) }}, '') as {{ types.get(column, 'varchar') }}){{ "," if not loop.last }}
            {%- endfor %}
        from read_csv(
            '{{ adapter.get_seed_file_path(model) | replace("'", "''") }}',
            header = true, delim = ',', quote = '"', escape = '"', all_varchar = true, strict_mode = false, parallel = false
        )
    {%- endset -%}
    {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}
