-- One row per raw stage change row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('stage_changes') }}
    from {{ raw_rows('stage_changes') }} as raw_rows
),

judged as (
    select
        *,
        {{ raw_row_key('stage_changes') }} as row_key,
        {{ missing_reason('stage_changes') }} as rejection_reason
    from typed
)

select * from judged
