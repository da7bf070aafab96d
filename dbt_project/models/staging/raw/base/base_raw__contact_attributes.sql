-- One row per raw contact attribute row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('contact_attributes') }}
    from {{ raw_rows('contact_attributes') }} as raw_rows
),

judged as (
    select
        *,
        {{ raw_row_key('contact_attributes') }} as row_key,
        {{ missing_reason('contact_attributes') }} as rejection_reason
    from typed
)

select * from judged
