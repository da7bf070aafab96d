{#- What dbt knows of a raw table from its source YAML: columns in the contract's order with data_type and meta. -#}
{% macro raw_table(table_name) -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == 'raw' and node.name == table_name -%}
            {{ return(node) }}
        {%- endfor -%}
    {%- endif -%}
    {{ return({'columns': {}, 'meta': {}}) }}
{%- endmacro %}

{#- What to select raw rows from: the table's file in LEAD_SCORING_RAW_DIR, else the source; none where it is absent.
    Calls source() always, so that the graph has the edge. -#}
{% macro find_raw_rows(table_name) -%}
    {%- set relation = source('raw', table_name) -%}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {%- set folder = env_var('LEAD_SCORING_RAW_DIR', '') -%}
    {%- if folder -%}{{ return(adapter.dispatch('find_raw_file')(folder, table_name)) }}{%- endif -%}
    {{ return(load_relation(relation)) }}
{%- endmacro %}

{% macro duckdb__find_raw_file(folder, table_name) -%}
    {%- for ending in ['parquet', 'csv'] if raw_file_exists(folder, table_name, ending) -%}
        {%- set path = folder ~ '/' ~ table_name ~ '.' ~ ending -%}
        {{ return(csv_reader(path, csv_header(path)) if ending == 'csv' else 'read_parquet(' ~ text_literal(path) ~ ')') }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{% macro raw_file_exists(folder, table_name, ending) -%}
    {%- set path = folder ~ '/' ~ table_name ~ '.' ~ ending -%}
    {{ return(run_query('select count(*) from glob(' ~ text_literal(path) ~ ')').rows[0][0] > 0) }}
{%- endmacro %}

{#- The column names of a CSV, in lower case; none of a file without a first line. -#}
{% macro csv_header(path) -%}
    {%- set first_line = run_query(
        'select line from read_csv(' ~ text_literal(path) ~ ", auto_detect = false, header = false, delim = '\x01', quote = '', escape = '',"
        ~ " columns = {'line': 'VARCHAR'}, strict_mode = false, max_line_size = 100000000) limit 1"
    ).rows -%}
    {%- set line = first_line[0][0] if first_line else none -%}
    {%- set names = [] -%}
    {%- for cell in modules.re.findall('(?:^|,) *("(?:[^"]|"")*"|[^,]*)', line or '') if line -%}
        {%- do names.append((cell.strip().strip('"').strip() or 'column' ~ loop.index) | lower) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- Every column as text by the names given, nothing guessed: what a guess takes for a comment or a title would be lost, and a row
    with too many or too few cells is an error. With store_rejects such rows are told of instead. -#}
{% macro csv_reader(path, names, store_rejects=false) -%}
    {%- set columns = [] -%}
    {%- for name in names or ['column1'] -%}{%- do columns.append(text_literal(name) ~ ": 'VARCHAR'") -%}{%- endfor -%}
    {{ return(
        'read_csv(' ~ text_literal(path) ~ ', auto_detect = false, header = true, delim = \',\', quote = \'"\', escape = \'"\', strict_mode = true, '
        ~ 'max_line_size = 100000000, columns = {' ~ columns | join(', ') ~ '}' ~ (', store_rejects = true' if store_rejects else '') ~ ')'
    ) }}
{%- endmacro %}

{% macro text_literal(text) -%}{{ return("'" ~ text | replace("'", "''") ~ "'") }}{%- endmacro %}

{#- Column name in lower case → type in upper case, of anything that can stand behind `from`. -#}
{% macro raw_column_types(raw_rows) -%}{{ return(adapter.dispatch('raw_column_types')(raw_rows)) }}{%- endmacro %}

{% macro default__raw_column_types(raw_rows) -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(raw_rows) -%}
        {%- do types.update({column.name | lower: {'name': column.name, 'type': column.data_type | upper}}) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}

{% macro duckdb__raw_column_types(raw_rows) -%}
    {%- set types = {} -%}
    {%- for row in run_query('describe select * from ' ~ raw_rows).rows -%}
        {%- do types.update({row[0] | lower: {'name': row[0], 'type': row[1] | upper}}) -%}
    {%- endfor -%}
    {{ return(types) }}
{%- endmacro %}

{#- For `from`: the raw rows, or no row where the table is absent. -#}
{% macro raw_rows(table_name) -%}
    {%- set found = find_raw_rows(table_name) -%}
    {{ found if found else '(select 1 as no_column limit 0)' }}
{%- endmacro %}

{#- For `select`: every column of the contract in its order and type, null where the raw table lacks it, and the whole
    row as JSON, for rejects. -#}
{% macro raw_columns(table_name) -%}
    {%- set found = find_raw_rows(table_name) -%}
    {%- set actual = raw_column_types(found) if found else {} -%}
    {%- for column in raw_table(table_name).columns.values() %}
    {%- set source_column = actual.get(column.name) %}
    {{ typed_column(source_column, column.data_type) }} as {{ column.name }},
    {%- endfor %}
    {{ row_json('raw_rows') }} as row_json
{%- endmacro %}

{% macro row_json(alias) -%}{{ return(adapter.dispatch('row_json')(alias)) }}{%- endmacro %}
{% macro default__row_json(alias) -%}to_json(struct({{ alias }}.*)){%- endmacro %}
{% macro duckdb__row_json(alias) -%}cast(to_json({{ alias }}) as varchar){%- endmacro %}
{% macro postgres__row_json(alias) -%}cast(to_json({{ alias }}) as text){%- endmacro %}

{#- The first required column without a value, as a reason. -#}
{% macro missing_reason(table_name) -%}
    case
        {%- for column in raw_table(table_name).columns.values() if column.meta.get('required') %}
        when {{ column.name }} is null then 'missing_{{ column.name }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- What names a raw row to people: its key, else the required values joined by a bar. -#}
{% macro raw_row_key(table_name) -%}
    {%- set table = raw_table(table_name) -%}
    {%- if table.meta.get('key') -%}
        {{ table.meta.key }}
    {%- else -%}
        {%- for column in table.columns.values() if column.meta.get('required') -%}
            coalesce({{ timestamp_text(column.name) if column.data_type == 'timestamp' else column.name }}, '')
            {%- if not loop.last %} || '|' || {% endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
