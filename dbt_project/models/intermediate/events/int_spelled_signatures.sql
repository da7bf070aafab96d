-- One row per signature of raw events: what rules look at of them, products in the rule book's spelling, not yet classified.
{{ config(materialized='view') }}

with raw_signatures as (
    select distinct
        signature_id,
        event_type,
        object,
        category,
        product_id,
        campaign
    from {{ ref('int_raw_signatures') }}
),

products as (
    select product_id as known_product_id
    from {{ ref('products') }}
),

spelled as (
    select
        raw_signatures.signature_id,
        raw_signatures.event_type,
        raw_signatures.object,
        raw_signatures.category,
        coalesce(products.known_product_id, raw_signatures.product_id) as product_id,
        raw_signatures.campaign
    from raw_signatures
    left join products on lower(raw_signatures.product_id) = lower(products.known_product_id)
)

select * from spelled
