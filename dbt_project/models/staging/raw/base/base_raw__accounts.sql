-- One row per raw account row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('accounts') }}
    from {{ raw_rows('accounts') }} as raw_rows
),

judged as (
    select
        *,
        {{ raw_row_key('accounts') }} as row_key,
        {{ missing_reason('accounts') }} as rejection_reason
    from typed
)

select * from judged
