-- One row per raw opportunity row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('opportunities') }}
    from {{ raw_rows('opportunities') }} as raw_rows
),

judged as (
    select
        *,
        {{ raw_row_key('opportunities') }} as row_key,
        {{ missing_reason('opportunities') }} as rejection_reason
    from typed
)

select * from judged
