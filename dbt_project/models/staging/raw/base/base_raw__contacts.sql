-- One row per raw contact row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('contacts') }}
    from {{ raw_rows('contacts') }} as raw_rows
),

judged as (
    select
        *,
        {{ raw_row_key('contacts') }} as row_key,
        {{ missing_reason('contacts') }} as rejection_reason
    from typed
)

select * from judged
