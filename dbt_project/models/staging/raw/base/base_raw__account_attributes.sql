-- One row per raw account attribute row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('account_attributes') }}
    from {{ raw_rows('account_attributes') }} as raw_rows
),

judged as (
    select
        *,
        {{ raw_row_key('account_attributes') }} as row_key,
        {{ missing_reason('account_attributes') }} as rejection_reason
    from typed
)

select * from judged
