-- One row per contact or account, attribute and value that a fit rule reads: a column of the entity, else rows of its
-- attribute table. A column hides an attribute of its name, null or not.
{{ config(materialized='view') }}
{%- set columns = {
    'contact': ['contact_id', 'email', 'full_name', 'job_title', 'department', 'phone', 'country', 'account_id',
        'email_opt_out', 'created_at', 'updated_at'],
    'account': ['account_id', 'account_name', 'domain', 'industry', 'employee_count', 'annual_revenue', 'country',
        'updated_at'],
} %}
with attributes_read as (
    select distinct
        entity,
        attribute
    from {{ ref('stg_rule_book__fit_rules') }}
    union
    -- The criterion job_title reads the title even without a rule.
    select
        'contact' as entity,
        'job_title' as attribute
),

contacts as (
    select stg_contacts.*
    from {{ ref('stg_raw__contacts') }} as stg_contacts
    inner join {{ ref('int_contacts') }} as listed on stg_contacts.contact_id = listed.contact_id
),

accounts as (
    select * from {{ ref('stg_raw__accounts') }}
),

column_values as (
    {%- for entity, names in columns.items() %}
    {%- for name in names %}
    select
        '{{ entity }}' as entity,
        {{ entity }}_id as entity_id,
        '{{ name }}' as attribute,
        {% if name.endswith('_at') -%}
        {{ timestamp_text(name) }}
        {%- elif name == 'email_opt_out' -%}
        lower(cast({{ name }} as {{ dbt.type_string() }}))
        {%- else -%}
        {{ name }}
        {%- endif %} as value
    from {{ entity }}s
    {{ "union all" if not loop.last }}
    {%- endfor %}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

attribute_values as (
    select
        'contact' as entity,
        attributes.contact_id as entity_id,
        attributes.attribute,
        attributes.value
    from {{ ref('stg_raw__contact_attributes') }} as attributes
    inner join contacts on attributes.contact_id = contacts.contact_id
    where attributes.attribute not in ('{{ columns.contact | join("', '") }}')
    union all
    select
        'account' as entity,
        attributes.account_id as entity_id,
        attributes.attribute,
        attributes.value
    from {{ ref('stg_raw__account_attributes') }} as attributes
    inner join accounts on attributes.account_id = accounts.account_id
    where attributes.attribute not in ('{{ columns.account | join("', '") }}')
),

all_values as (
    select * from column_values
    union all
    select * from attribute_values
),

values_read as (
    select
        all_values.entity,
        all_values.entity_id,
        all_values.attribute,
        all_values.value
    from all_values
    inner join attributes_read
        on all_values.entity = attributes_read.entity
        and all_values.attribute = attributes_read.attribute
    where all_values.value is not null
)

select * from values_read
