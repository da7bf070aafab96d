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

{#- For `from`: the raw rows, or no row where the table is absent. Whoever is to be forgotten is left out here, where all reading begins. -#}
{% macro raw_rows(table_name) -%}
    {%- set found = find_raw_rows(table_name) -%}
    {%- if not found -%}
        (select 1 as no_column limit 0)
    {%- elif is_anybody_forgotten() -%}
        (select * from {{ found }} where {{ is_not_forgotten(table_name, found) }})
    {%- else -%}
        {{ found }}
    {%- endif -%}
{%- endmacro %}

{#- For `select`: every column of the contract in its order and type, null where the raw table lacks it, and the whole
    row as JSON, for rejects. -#}
{% macro raw_columns(table_name, with_json=true) -%}
    {%- set found = find_raw_rows(table_name) -%}
    {%- set actual = raw_column_types(found) if found else {} -%}
    {%- for column in raw_table(table_name).columns.values() %}
    {%- set source_column = actual.get(column.name) %}
    {{ typed_column(source_column, column.data_type) }} as {{ column.name }}
    {%- if with_json or not loop.last %},{% endif %}
    {%- endfor %}
    {%- if with_json %}
    {{ row_json('raw_rows') }} as row_json
    {%- endif %}
{%- endmacro %}

{% macro row_json(alias) -%}{{ return(adapter.dispatch('row_json')(alias)) }}{%- endmacro %}
{% macro default__row_json(alias) -%}to_json(struct({{ alias }}.*)){%- endmacro %}
{% macro duckdb__row_json(alias) -%}cast(to_json({{ alias }}) as varchar){%- endmacro %}
{% macro postgres__row_json(alias) -%}cast(to_json({{ alias }}) as text){%- endmacro %}

{#- 64 bits for the raw values of these columns just as they come, an absent column as null. Equal raw values have equal hashes. -#}
{% macro raw_row_hash(table_name, column_names) -%}
    {%- set found = find_raw_rows(table_name) -%}
    {%- set actual = raw_column_types(found) if found else {} -%}
    {%- set values = [] -%}
    {%- for name in column_names -%}
        {%- do values.append(adapter.quote(actual[name].name) if name in actual else 'null') -%}
    {%- endfor -%}
    {{ return(row_hash(values)) }}
{%- endmacro %}

{#- For `from`: one raw row for each combination of values in these columns, with its raw_hash. Trimming and reading a value costs thirty
    times the look at its hash, and distinct ones are few. -#}
{% macro distinct_raw_rows(table_name, column_names, condition) -%}
    {%- set found = find_raw_rows(table_name) -%}
    {%- set actual = raw_column_types(found) if found else {} -%}
    (
        select
            {{ raw_row_hash(table_name, column_names) }} as raw_hash
            {%- for name in column_names if name in actual %},
            max({{ adapter.quote(actual[name].name) }}) as {{ adapter.quote(actual[name].name) }}
            {%- endfor %}
        from {{ raw_rows(table_name) }}
        where {{ condition }}
        group by 1
    )
{%- endmacro %}

{#- One column of a raw table as `raw_columns` reads it. -#}
{% macro raw_column(table_name, column_name) -%}
    {%- set found = find_raw_rows(table_name) -%}
    {%- set actual = raw_column_types(found) if found else {} -%}
    {{ typed_column(actual.get(column_name), raw_table(table_name).columns.get(column_name, {}).data_type | default('text', true)) if execute else 'null' }}
{%- endmacro %}

{#- One column of a raw table without any reading of it: filters on it reach the file. -#}
{% macro raw_column_as_it_comes(table_name, column_name) -%}
    {%- set found = find_raw_rows(table_name) -%}
    {%- set actual = raw_column_types(found) if found else {} -%}
    {{ adapter.quote(actual[column_name].name) if column_name in actual else null_text() }}
{%- endmacro %}

{#- The day on which a raw row was loaded, UTC: rows come in batches, and a batch is looked at as a whole. Rows that do not say
    stand on a day of their own. -#}
{% macro load_day(loaded_at) -%}
    coalesce(cast({{ loaded_at }} as date), cast('0001-01-01' as date))
{%- endmacro %}

{#- For `where`: raw event rows of the days of loading that changed. loaded_at: the raw column as it comes. The bounds are literals, so that the
    engine passes over the parts of the file that lie outside; a comparison with a computed day would make it read all of it. -#}
{% macro is_load_day_changed(load_day, loaded_at) -%}
    {%- set changed_days = ref('int_changed_load_days') -%}
    {{ load_day }} in (select changed_days.load_day from {{ changed_days }} as changed_days)
    {%- if is_partial_run() %}
    {%- set found = find_raw_rows('events') -%}
    {%- set type = raw_column_types(found).get('loaded_at', {}).get('type') if found -%}
    {%- if type in ('TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS') -%}
        {%- set first, last = run_query('select cast(min(load_day) as varchar), cast(max(load_day) as varchar) from ' ~ changed_days).rows[0].values() -%}
        {#- The day of rows that do not say holds any value that cannot be read. -#}
        {%- if first != '0001-01-01' %}
    and {{ loaded_at }} >= cast('{{ first or '9999-12-31' }}' as timestamp)
    and {{ loaded_at }} < cast('{{ last or '0001-01-01' }}' as timestamp) + interval '1' day
        {%- endif -%}
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Why an event row cannot be used, the first reason; null: it can. -#}
{% macro event_rejection_reason() -%}
    case
        when event_id is null then 'missing_event_id'
        when contact_id is null and anonymous_id is null then 'missing_contact'
        when event_type is null then 'missing_event_type'
        when occurred_at is null then 'missing_occurred_at'
        when loaded_at is null then 'missing_loaded_at'
        when occurred_at > loaded_at + interval '24' hour then 'future'
    end
{%- endmacro %}

{#- False only of raw event rows that cannot be rejected: what begins with a visible character is not missing. Reading a row in full,
    and as JSON, costs fifty times as much, and rejected ones are few. -#}
{% macro may_be_rejected() -%}
    {%- set found = find_raw_rows('events') -%}
    {%- set actual = raw_column_types(found) if found else {} -%}
    {%- set present = {} -%}
    {%- for name in ['event_id', 'contact_id', 'anonymous_id', 'event_type'] -%}
        {%- set column = actual.get(name) -%}
        {%- if column and column.type == 'VARCHAR' -%}
            {%- set quoted = adapter.quote(column.name) -%}
            {%- do present.update({name: '(' ~ quoted ~ " >= '!' and " ~ quoted ~ ' < chr(127))'}) -%}
        {%- else -%}
            {%- do present.update({name: '(' ~ raw_column('events', name) ~ ' is not null)'}) -%}
        {%- endif -%}
    {%- endfor -%}
    not coalesce(
            {{ present.event_id }}
            and (coalesce({{ present.contact_id }}, false) or coalesce({{ present.anonymous_id }}, false))
            and {{ present.event_type }}
            and {{ raw_column('events', 'occurred_at') }} <= {{ raw_column('events', 'loaded_at') }} + interval '24' hour,
            false
        )
{%- endmacro %}

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
