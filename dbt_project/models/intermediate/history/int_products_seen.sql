-- One row per contact or account and product: the first day of the history (as_of_date) on which its score is not 0.
{{ config(materialized='incremental', incremental_strategy='replace_from_first_day', full_refresh=false, on_schema_change='append_new_columns') }}
-- depends_on: {{ ref('int_scoring_dates') }}

with entity_products as (
    select as_of_date, 'contact' as entity, contact_id as entity_id, product_id from {{ ref('product_interest_history') }}
    union all
    select as_of_date, 'account' as entity, account_id as entity_id, product_id from {{ ref('int_account_product_interest_history') }}
),

{%- if is_incremental() %}

first_day as (
    select min(as_of_date) as as_of_date
    from {{ ref('int_scoring_dates') }}
    where is_recorded
),

seen_before as (
    select *
    from {{ this }}
    where as_of_date < (select first_day.as_of_date from first_day)
),

seen as (
    select
        entity_products.entity,
        entity_products.entity_id,
        entity_products.product_id,
        min(entity_products.as_of_date) as as_of_date
    from entity_products
    left join seen_before
        on entity_products.entity = seen_before.entity
        and entity_products.entity_id = seen_before.entity_id
        and entity_products.product_id = seen_before.product_id
    where
        entity_products.as_of_date >= (select first_day.as_of_date from first_day)
        and seen_before.entity_id is null
    group by entity_products.entity, entity_products.entity_id, entity_products.product_id
)
{%- else %}

seen as (
    select
        entity,
        entity_id,
        product_id,
        min(as_of_date) as as_of_date
    from entity_products
    group by entity, entity_id, product_id
)
{%- endif %}

select * from seen
