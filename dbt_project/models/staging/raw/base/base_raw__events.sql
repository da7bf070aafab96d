-- One row per raw event row, typed; a rejected one says why. No copy is dropped here: every row is accounted for.
with typed as (
    select {{ raw_columns('events') }}
    from {{ raw_rows('events') }} as raw_rows
),

normalized as (
    select
        event_id,
        contact_id,
        anonymous_id,
        lower(event_type) as event_type,
        occurred_at,
        loaded_at,
        {{ normalized_object('object') }} as object,
        category,
        product_id,
        campaign,
        value,
        user_agent,
        is_machine,
        row_json
    from typed
),

judged as (
    select
        *,
        event_id as row_key,
        case
            when event_id is null then 'missing_event_id'
            when contact_id is null and anonymous_id is null then 'missing_contact'
            when event_type is null then 'missing_event_type'
            when occurred_at is null then 'missing_occurred_at'
            when loaded_at is null then 'missing_loaded_at'
            when occurred_at > loaded_at + interval '24' hour then 'future'
        end as rejection_reason
    from normalized
)

select * from judged
