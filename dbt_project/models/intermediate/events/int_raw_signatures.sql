-- One row per combination of raw values that rules look at, with the signature it stands for after trimming and normalising.
-- Only grows between full runs: what no event has any more is matched in vain.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}
{%- set is_changed = is_load_day_changed(load_day(raw_column('events', 'loaded_at')), raw_column_as_it_comes('events', 'loaded_at')) %}
{%- set raw_signatures = distinct_raw_rows(
    'events', ['event_type', 'object', 'category', 'product_id', 'campaign'], is_changed
) %}
with typed as (
    select
        raw_hash,
        {{ raw_column('events', 'event_type') }} as event_type,
        {{ raw_column('events', 'object') }} as object,
        {{ raw_column('events', 'category') }} as category,
        {{ raw_column('events', 'product_id') }} as product_id,
        {{ raw_column('events', 'campaign') }} as campaign
    from {{ raw_signatures }} as raw_signatures
),

normalized as (
    select
        raw_hash,
        lower(event_type) as event_type,
        {{ normalized_object('object') }} as object,
        category,
        product_id,
        campaign
    from typed
    where event_type is not null
),

signatures as (
    select
        raw_hash,
        {{ signature_id('event_type', 'object', 'category', 'product_id', 'campaign', 'false') }} as signature_id,
        event_type,
        object,
        category,
        product_id,
        campaign
    from normalized
    {%- if is_incremental() %}
    where raw_hash not in (select raw_hash from {{ this }})
    {%- endif %}
)

select * from signatures
