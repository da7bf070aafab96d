-- One row per raw score adjustment row, typed; a rejected one says why.
with typed as (
    select {{ raw_columns('score_adjustments') }}
    from {{ raw_rows('score_adjustments') }} as raw_rows
),

score_groups as (
    select group_id as known_group_id
    from {{ ref('score_groups') }}
),

judged as (
    select
        typed.*,
        {{ raw_row_key('score_adjustments') }} as row_key,
        coalesce(
            {{ missing_reason('score_adjustments') }},
            case when score_groups.known_group_id is null then 'unknown_group' end
        ) as rejection_reason
    from typed
    left join score_groups on typed.group_id = score_groups.known_group_id
)

select * from judged
