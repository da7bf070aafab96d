-- One row per raw identity row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('identities') }}
    from {{ raw_rows('identities') }} as raw_rows
),

judged as (
    select
        *,
        {{ raw_row_key('identities') }} as row_key,
        {{ missing_reason('identities') }} as rejection_reason
    from typed
)

select * from judged
