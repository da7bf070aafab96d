-- One row per day on which raw event rows were loaded: how many, and a hash of all that is in them. A replayed batch with an
-- old loaded_at changes the hash of its day, so nothing depends on a highest loaded_at seen.
with raw_events as (
    select
        {{ load_day(raw_column('events', 'loaded_at')) }} as load_day,
        {{ raw_row_hash('events', raw_table('events').columns.keys() | list) }} as raw_hash
    from {{ raw_rows('events') }} as raw_rows
),

-- Which copy of an event wins may depend on the spelling of products.
products as (
    select md5(coalesce({{ joined_text('product_id', '|', 'product_id') }}, '')) as products_hash
    from {{ ref('products') }}
),

load_days as (
    select
        raw_events.load_day,
        count(*) as raw_rows,
        {{ set_hash('raw_events.raw_hash') }} || ' ' || products.products_hash as row_hash
    from raw_events
    cross join products
    group by raw_events.load_day, products.products_hash
)

select * from load_days
