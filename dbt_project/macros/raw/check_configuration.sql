{#- Before anything runs: every problem with the raw tables and the vars at once, in words that say what would be right. -#}
{% macro check_configuration() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set problems = (raw_file_problems() or raw_table_problems()) + var_problems() -%}
        {%- if problems -%}
            {%- do exceptions.raise_compiler_error('\n' ~ problems | join('\n')) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- What is wrong with the files of LEAD_SCORING_RAW_DIR as files, whatever they say. -#}
{% macro raw_file_problems() -%}
    {%- set folder = env_var('LEAD_SCORING_RAW_DIR', '') -%}
    {{ return(adapter.dispatch('raw_file_problems')(folder) if folder else []) }}
{%- endmacro %}

{% macro duckdb__raw_file_problems(folder) -%}
    {%- set problems = [] -%}
    {%- set readers = [] -%}
    {%- for node in graph.sources.values() if node.source_name == 'raw' -%}
        {%- for ending in ['parquet', 'csv'] if raw_file_exists(folder, node.name, ending ~ '/*') -%}
            {%- do problems.append(node.name ~ '.' ~ ending ~ ' in ' ~ folder ~ ' is a folder; a raw table is one file') -%}
        {%- endfor -%}
        {%- set file = node.name ~ '.csv' -%}
        {%- if raw_file_exists(folder, node.name, 'csv') -%}
            {%- if raw_file_exists(folder, node.name, 'parquet') -%}
                {%- do problems.append('raw table ' ~ node.name ~ ' is there twice, as .parquet and as .csv; remove one of them from ' ~ folder) -%}
            {%- endif -%}
            {%- set names = csv_header(folder ~ '/' ~ file) -%}
            {%- for name in names | unique if names.count(name) > 1 -%}
                {%- do problems.append(file ~ ':1: column ' ~ name ~ ' stands there ' ~ names.count(name) ~ ' times') -%}
            {%- else -%}
                {%- do readers.append(csv_reader(folder ~ '/' ~ file, names, store_rejects=true)) -%}
            {%- endfor -%}
            {%- if not names -%}
                {%- do problems.append(file ~ ':1: no header in UTF-8; the first line names the columns, separated by commas') -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems or unreadable_csv_rows(readers)) }}
{%- endmacro %}

{#- One line per row of a CSV that cannot be read; line breaks inside cells do not count as lines. Counting every column is what makes the engine read each cell. -#}
{% macro unreadable_csv_rows(readers) -%}
    {%- set words = {
        'TOO MANY COLUMNS': 'more cells than the header has columns; a comma inside a cell needs quotes around the cell',
        'MISSING COLUMNS': 'fewer cells than the header has columns; is the file cut off?',
        'UNQUOTED VALUE': 'a quoted cell does not end, or goes on after its closing quote; a quote inside it is written twice',
        'INVALID ENCODING': 'not UTF-8; save the file in UTF-8',
        'LINE SIZE OVER MAXIMUM': 'a row of more than 100 MB',
    } -%}
    {%- set most = 20 -%}
    {%- set problems = [] -%}
    {%- for reader in readers -%}
        {%- do run_query('select count(columns(*)) from ' ~ reader) -%}
    {%- endfor -%}
    {%- if readers -%}
        {%- set rejected = run_query(
            "select distinct on (file_path, line) split_part(file_path, '/', -1), line, error_type, error_message"
            ~ ' from reject_errors inner join reject_scans using (scan_id, file_id) order by file_path, line'
        ).rows -%}
        {%- for file, line, kind, message in rejected[:most] -%}
            {%- do problems.append(file ~ ':' ~ line ~ ': ' ~ words.get(kind, message)) -%}
        {%- endfor -%}
        {%- if rejected | length > most -%}
            {%- do problems.append('and ' ~ (rejected | length - most) ~ ' more rows that cannot be read') -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(problems) }}
{%- endmacro %}

{% macro raw_table_problems() -%}
    {%- set problems = [] -%}
    {%- set folder = env_var('LEAD_SCORING_RAW_DIR', '') -%}
    {%- for node in graph.sources.values() if node.source_name == 'raw' -%}
        {%- set found = adapter.dispatch('find_raw_file')(folder, node.name) if folder
            else load_relation(api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier)) -%}
        {%- set required = node.columns.values() | selectattr('meta.required', 'defined') | map(attribute='name') | list -%}
        {%- if found -%}
            {%- set actual = raw_column_types(found) -%}
            {%- for name in required if name not in actual -%}
                {%- do problems.append('raw table ' ~ node.name ~ ' has no column ' ~ name ~ ', which is required; it has ' ~ (actual | join(', '))) -%}
            {%- endfor -%}
            {%- if node.name == 'events' and 'contact_id' not in actual and 'anonymous_id' not in actual -%}
                {%- do problems.append('raw table events has neither contact_id nor anonymous_id; at least one of the two is required') -%}
            {%- endif -%}
        {%- elif node.meta.get('required') -%}
            {%- set place = folder ~ '/' ~ node.name ~ '.parquet or .csv' if folder else node.schema ~ '.' ~ node.identifier -%}
            {%- do problems.append('raw table ' ~ node.name ~ ' is required and absent: expected ' ~ place) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{%- endmacro %}

{% macro var_problems() -%}
    {%- set problems = [] -%}
    {%- for name in ['as_of_date', 'history_from_date', 'history_start_date', 'run_date'] if date_var(name) -%}
        {%- if not is_date(date_var(name)) -%}
            {%- do problems.append('var ' ~ name ~ ' is ' ~ date_var(name) ~ '; a date is written YYYY-MM-DD') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not problems -%}
        {%- for name in ['history_from_date', 'history_start_date'] if date_var(name) -%}
            {%- set first_day = modules.datetime.date.fromisoformat(date_var(name)) -%}
            {%- set days = (modules.datetime.date.fromisoformat(as_of_date()) - first_day).days -%}
            {%- if name == 'history_from_date' and days < 0 -%}
                {%- do problems.append('var history_from_date ' ~ first_day ~ ' is after as_of_date ' ~ as_of_date()) -%}
            {%- elif days > 16382 -%}
                {%- do problems.append('var ' ~ name ~ ' is ' ~ first_day ~ '; a history is at most 16,383 days long') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if var('scoring_timezone') not in modules.pytz.all_timezones -%}
        {%- do problems.append('var scoring_timezone is ' ~ var('scoring_timezone') ~ '; an IANA name such as Europe/Berlin is needed') -%}
    {%- endif -%}
    {%- for name, least in {'email_grace_days': 0, 'cold_after_days': 1, 'surge_min_points': 0, 'engaged_min_score': 0, 'account_qualified_score': 0, 'stalled_after_days': 1}.items() -%}
        {%- if var(name) is not number or var(name) < least -%}
            {%- do problems.append('var ' ~ name ~ ' is ' ~ var(name) ~ '; a number of at least ' ~ least ~ ' is needed') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(problems) }}
{%- endmacro %}

{#- Whether a text is a day of the calendar, YYYY-MM-DD. -#}
{% macro is_date(text) -%}
    {%- if not modules.re.match('^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', text) or text[:4] == '0000' -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set month_start = modules.datetime.date.fromisoformat(text[:8] ~ '01') -%}
    {%- set date = month_start + modules.datetime.timedelta(days=text[8:] | int - 1) -%}
    {{ return(date.month == month_start.month) }}
{%- endmacro %}
