-- One row per adjustment: of its accepted rows the greatest remaining columns.
with accepted as (
    select * from {{ ref('base_raw__score_adjustments') }}
    where rejection_reason is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by adjustment_id
            order by
                contact_id desc nulls last,
                group_id desc nulls last,
                points desc nulls last,
                reason desc nulls last,
                created_by desc nulls last,
                effective_date desc nulls last,
                expires_date desc nulls last
        ) as row_rank
    from accepted
),

latest as (
    select
        adjustment_id,
        contact_id,
        group_id,
        points,
        reason,
        created_by,
        effective_date,
        expires_date
    from ranked
    where row_rank = 1
)

select * from latest
