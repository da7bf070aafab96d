{#- Persons to be forgotten: `lead-scoring forget` writes salted hashes of their ids and emails (tokens) into a file beside the
    warehouse, and every run leaves out what matches, wherever it comes from. docs/operations.md says what is kept of whom. -#}

{#- The record of forgotten persons, as text for `from`; none where there is no such file. -#}
{% macro forgotten_record() -%}{{ return(adapter.dispatch('forgotten_record')()) }}{%- endmacro %}

{% macro default__forgotten_record() -%}{{ return(none) }}{%- endmacro %}

{% macro duckdb__forgotten_record() -%}
    {%- set path = target.path ~ '.forgotten.csv' -%}
    {%- if not run_query('select count(*) from glob(' ~ text_literal(path) ~ ')').rows[0][0] -%}{{ return(none) }}{%- endif -%}
    {{ return(
        'read_csv(' ~ text_literal(path) ~ ", auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {"
        ~ "'request_id': 'VARCHAR', 'recorded_at': 'VARCHAR', 'entry': 'VARCHAR', 'value': 'VARCHAR'})"
    ) }}
{%- endmacro %}

{#- Which raw columns say whose a row is: table → column → kind of id. -#}
{% macro columns_with_persons() -%}
    {{ return({
        'events': {'contact_id': 'contact', 'anonymous_id': 'anonymous'},
        'contacts': {'contact_id': 'contact', 'email': 'email'},
        'contact_attributes': {'contact_id': 'contact'},
        'identities': {'contact_id': 'contact', 'anonymous_id': 'anonymous'},
        'contact_merges': {'merged_contact_id': 'contact', 'surviving_contact_id': 'contact'},
        'stage_changes': {'contact_id': 'contact'},
        'score_adjustments': {'contact_id': 'contact'},
        'opportunities': {'contact_id': 'contact'},
    }) }}
{%- endmacro %}

{#- The tokens that are left out, and the keys of the raw values that have them: a token costs ten times the look at a key. -#}
{% macro forgotten_ids() -%}
    {{ return(api.Relation.create(database=target.database, schema='privacy', identifier='forgotten_ids')) }}
{%- endmacro %}

{#- Whether rows must be left out at all: of nobody, no trace is in the SQL. -#}
{% macro is_anybody_forgotten() -%}
    {%- if not execute or model.resource_type == 'unit_test' or target.type != 'duckdb' -%}{{ return(false) }}{%- endif -%}
    {{ return(run_query(
        "select count(*) from duckdb_tables() where schema_name = 'privacy' and table_name = 'forgotten_ids'"
        ~ ' and database_name = current_database()'
    ).rows[0][0] > 0) }}
{%- endmacro %}

{#- Secret of this installation; it stands in the file alone, not in the warehouse and not in compiled SQL. -#}
{% macro forgotten_salt() -%}
    {%- set record = forgotten_record() -%}
    {%- if not record -%}
        {%- do exceptions.raise_compiler_error(
            '\nthe record of forgotten persons, ' ~ target.path ~ '.forgotten.csv, is gone: nobody could be kept out; bring it back from a backup'
        ) -%}
    {%- endif -%}
    {{ return('(select value from ' ~ record ~ " where entry = 'salt')") }}
{%- endmacro %}

{#- What an id (typed text) is known by. The same in orchestration/privacy/tombstones.py. -#}
{% macro forgotten_token(kind, id) -%}sha256(concat({{ forgotten_salt() }}, '{{ kind }}:', {{ id }})){%- endmacro %}

{#- For `where`: what has a column of ids, the ids that are forgotten. Each distinct id is hashed once. -#}
{% macro forgotten_among(kind, column, relation, condition='true') -%}
    (
        select ids.id
        from (select distinct {{ column }} as id from {{ relation }} where {{ condition }}) as ids
        where {{ forgotten_token(kind, 'ids.id') }} in (select token from {{ forgotten_ids() }})
    )
{%- endmacro %}

{#- For `where`: raw rows that are not about a forgotten person. An event with a contact_id is that contact's, whatever device it came from. -#}
{% macro is_not_forgotten(table_name, found) -%}
    {%- set actual = raw_column_types(found) -%}
    {%- set conditions = ['true'] -%}
    {%- for column, kind in columns_with_persons().get(table_name, {}).items() if column in actual -%}
        {%- set is_forgotten = 'hash(concat(' ~ forgotten_salt() ~ ', ' ~ adapter.quote(actual[column].name) ~ ')) in (select id_key from '
            ~ forgotten_ids() ~ " where kind = '" ~ kind ~ "' and id_key is not null)" -%}
        {%- if table_name == 'events' and kind == 'anonymous' -%}
            {%- set is_forgotten = is_forgotten ~ ' and ' ~ raw_column('events', 'contact_id') ~ ' is null' -%}
        {%- endif -%}
        {%- do conditions.append('not (' ~ is_forgotten ~ ')') -%}
    {%- endfor -%}
    {{ return(conditions | join(' and ')) }}
{%- endmacro %}

{#- Before a run: who is left out of it, and of the history. Each step is committed by itself and can be repeated. -#}
{% macro forget_persons() -%}
    {%- if execute and flags.WHICH in ('run', 'build') and target.type == 'duckdb' -%}
        {%- set record = forgotten_record() -%}
        {%- set persons = run_query(
            "select count(*) from " ~ record ~ " where entry in ('contact', 'anonymous', 'email')"
        ).rows[0][0] if record else 0 -%}
        {%- if persons -%}
            {%- call statement('find_forgotten') -%}{{ find_forgotten(record) }}{%- endcall -%}
            {%- do adapter.commit() -%}
            {%- call statement('delete_forgotten') -%}{{ delete_forgotten() }}{%- endcall -%}
            {%- do adapter.commit() -%}
        {%- elif is_anybody_forgotten() and forgotten_salt() -%}
            {%- call statement('nobody_is_forgotten') -%}drop schema privacy cascade{%- endcall -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Which ids are left out: those on record, those found with them by earlier runs, and those that raw tables say are the same person,
    another contact with the email, a contact merged into a forgotten one, a device identified as one. -#}
{% macro find_forgotten(record) %}
    create schema if not exists privacy;
    create table if not exists {{ forgotten_ids() }} (request_id varchar, kind varchar, token varchar, id_key ubigint);
    create or replace temp table raw_ids as {{ raw_ids() }};
    create or replace temp table raw_links as {{ raw_links() }};
    create or replace table {{ forgotten_ids() }} as
    with recursive record as (
        select * from {{ record }}
    ),

    reached as (
        (
            select request_id, entry as kind, value as token
            from record
            where entry in ('contact', 'anonymous', 'email')
            union
            select request_id, kind, token
            from {{ forgotten_ids() }}
            where request_id in (select record.request_id from record)
        )
        union
        select reached.request_id, raw_links.kind, raw_links.token
        from reached
        inner join raw_links on reached.token = raw_links.known_token
    )

    select distinct reached.request_id, reached.kind, reached.token, raw_ids.id_key
    from reached
    left join raw_ids on reached.token = raw_ids.token;
    drop table raw_ids;
    drop table raw_links;
{% endmacro %}

{#- One row per distinct value of a column with ids: its token, and the key of the value as it comes. -#}
{% macro raw_ids() -%}
    select cast(null as varchar) as token, cast(null as ubigint) as id_key where false
    {%- for table_name, columns in columns_with_persons().items() -%}
        {%- set found = find_raw_rows(table_name) -%}
        {%- set actual = raw_column_types(found) if found else {} -%}
        {%- for column, kind in columns.items() if column in actual -%}
            {%- set quoted = adapter.quote(actual[column].name) -%}
            {%- set id = raw_column(table_name, column) %}
    union
    select {{ forgotten_token(kind, 'lower(' ~ id ~ ')' if kind == 'email' else id) }} as token, hash(concat({{ forgotten_salt() }}, {{ quoted }})) as id_key
    from (select distinct {{ quoted }} from {{ found }}) as raw_rows
    where {{ id }} is not null
        {%- endfor -%}
    {%- endfor %}
{%- endmacro %}

{#- One row per id that is forgotten as soon as a known one is. Of a device that several contacts used, the first one counts, as in scoring. -#}
{% macro raw_links() -%}
    select cast(null as varchar) as known_token, cast(null as varchar) as kind, cast(null as varchar) as token where false
    {%- set contacts, merges, identities = find_raw_rows('contacts'), find_raw_rows('contact_merges'), find_raw_rows('identities') %}
    {%- if contacts %}
    union
    select {{ forgotten_token('email', 'lower(' ~ raw_column('contacts', 'email') ~ ')') }}, 'contact', {{ forgotten_token('contact', raw_column('contacts', 'contact_id')) }}
    from {{ contacts }} as raw_rows
    where {{ raw_column('contacts', 'email') }} is not null and {{ raw_column('contacts', 'contact_id') }} is not null
    {%- endif %}
    {%- if merges %}
    union
    select {{ forgotten_token('contact', raw_column('contact_merges', 'surviving_contact_id')) }}, 'contact', {{ forgotten_token('contact', raw_column('contact_merges', 'merged_contact_id')) }}
    from {{ merges }} as raw_rows
    where {{ raw_column('contact_merges', 'surviving_contact_id') }} is not null and {{ raw_column('contact_merges', 'merged_contact_id') }} is not null
    {%- endif %}
    {%- if identities %}
    union
    select {{ forgotten_token('contact', 'contact_id') }}, 'anonymous', {{ forgotten_token('anonymous', 'anonymous_id') }}
    from (
        select {{ raw_columns('identities', with_json=false) }}
        from {{ identities }} as raw_rows
        qualify row_number() over (partition by anonymous_id order by identified_at nulls last, contact_id) = 1
    ) as first_identities
    where contact_id is not null and anonymous_id is not null
    {%- endif %}
{%- endmacro %}

{#- The history is a record that no run computes again, so that forgotten persons are deleted from it. An account that nobody else has ever
    been in loses its own: it is the person's under another name. Raw values that nobody has any more go too, where someone is newly
    forgotten: those tables only grow otherwise. -#}
{% macro delete_forgotten() -%}
        {%- set score_history = load_relation(api.Relation.create(database=target.database, schema='marts', identifier='score_history')) -%}
        {%- set histories = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized == 'incremental' and node.config.full_refresh == false -%}
            {%- set relation = load_relation(api.Relation.create(database=target.database, schema=node.schema, identifier=node.alias)) -%}
            {%- if relation -%}
                {%- do histories.append({'relation': relation, 'columns': adapter.get_columns_in_relation(relation) | map(attribute='name') | list}) -%}
            {%- endif -%}
        {%- endfor %}
    {%- if score_history %}
    create or replace temp table left_accounts as
    select distinct account_id from {{ score_history }}
    where account_id is not null and contact_id in {{ forgotten_among('contact', 'contact_id', score_history) }};
    {%- endif %}
    {%- for history in histories %}
        {%- if 'contact_id' in history.columns %}
    delete from {{ history.relation }} where contact_id in {{ forgotten_among('contact', 'contact_id', history.relation) }};
        {%- elif 'entity_id' in history.columns %}
    delete from {{ history.relation }}
    where entity = 'contact' and entity_id in {{ forgotten_among('contact', 'entity_id', history.relation, "entity = 'contact'") }};
        {%- endif %}
    {%- endfor %}
    {%- if score_history %}
    delete from left_accounts where account_id in (select account_id from {{ score_history }});
        {%- for history in histories if 'contact_id' not in history.columns %}
            {%- if 'account_id' in history.columns %}
    delete from {{ history.relation }} where account_id in (select account_id from left_accounts);
            {%- elif 'entity_id' in history.columns %}
    delete from {{ history.relation }} where entity = 'account' and entity_id in (select account_id from left_accounts);
            {%- endif %}
        {%- endfor %}
    drop table left_accounts;
    {%- endif %}
    {%- if is_anybody_newly_forgotten() and stored('int_raw_signatures') and stored('int_raw_user_agents') %}
    delete from {{ stored('int_raw_signatures') }}
    where raw_hash not in (
        select {{ raw_row_hash('events', ['event_type', 'object', 'category', 'product_id', 'campaign']) }} from {{ raw_rows('events') }} as raw_rows
    );
    delete from {{ stored('int_raw_user_agents') }}
    where user_agent not in (
        select agents.user_agent
        from (select {{ raw_column('events', 'user_agent') }} as user_agent from {{ distinct_raw_rows('events', ['user_agent'], 'true') }} as raw_rows) as agents
        where agents.user_agent is not null
    );
    {%- endif %}
    select 'done'
{%- endmacro %}

{#- Whether a person is left out of whom files may still have something: not yet erased, or known by more ids since. -#}
{% macro is_anybody_newly_forgotten() -%}
    {{ return(run_query(
        'with record as (select * from ' ~ forgotten_record() ~ ') select count(*) from ' ~ forgotten_ids()
        ~ " where request_id not in (select request_id from record where entry = 'erased') or token not in (select value from record)"
    ).rows[0][0] > 0) }}
{%- endmacro %}

{#- After a run that brought everything up to date: what is on record as changed by it is not pending any more, and the forgotten go from it. -#}
{% macro forget_changes() -%}
    {%- if execute and flags.WHICH in ('run', 'build') and is_anybody_forgotten() and stored('int_completed_run') and stored('int_run_scope') -%}
        {%- set is_completed = run_query(
            'select count(*) from ' ~ stored('int_completed_run') ~ ' as completed inner join ' ~ stored('int_run_scope') ~ ' as scope using (run_id)'
        ).rows[0][0] -%}
        {%- if is_completed -%}
            {%- call statement('forget_changes') -%}
                {%- set tokens = '(select token from ' ~ forgotten_ids() ~ ')' %}
    delete from {{ stored('int_changed_owners') }}
    where
        {{ forgotten_token('contact', 'owner_id') }} in {{ tokens }}
        or {{ forgotten_token('anonymous', "substr(owner_id, length('anonymous:') + 1)") }} in {{ tokens }};
    delete from {{ stored('int_changed_profiles') }}
    where entity = 'contact' and {{ forgotten_token('contact', 'entity_id') }} in {{ tokens }};
    delete from {{ stored('int_changed_events') }}
    where
        {%- for column, kind in {'contact_id': 'contact', 'previous_contact_id': 'contact', 'anonymous_id': 'anonymous', 'previous_anonymous_id': 'anonymous'}.items() %}
        {{ 'or ' if not loop.first }}{{ forgotten_token(kind, column) }} in {{ tokens }}
        {%- endfor -%}
            {%- endcall -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
