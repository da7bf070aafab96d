-- One row per raw merge row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('contact_merges') }}
    from {{ raw_rows('contact_merges') }} as raw_rows
),

judged as (
    select
        *,
        {{ raw_row_key('contact_merges') }} as row_key,
        {{ missing_reason('contact_merges') }} as rejection_reason
    from typed
)

select * from judged
