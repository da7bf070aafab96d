-- One row per raw event row, typed; a rejected one says why. No copy is dropped here: every row is accounted for.
-- signature_hash names the raw values that rules look at, which int_raw_signatures reads once for all events that share them.
with typed as (
    select
        {{ raw_columns('events', with_json=false) }},
        {{ may_be_rejected() }} as may_be_rejected,
        {{ raw_column_as_it_comes('events', 'loaded_at') }} as raw_loaded_at,
        {{ raw_row_hash('events', ['event_type', 'object', 'category', 'product_id', 'campaign']) }} as signature_hash
    from {{ raw_rows('events') }} as raw_rows
),

judged as (
    select
        *,
        {{ load_day('loaded_at') }} as load_day,
        case when may_be_rejected then {{ event_rejection_reason() }} end as rejection_reason
    from typed
)

select * from judged
