-- One row per opportunity: of its accepted rows the greatest remaining columns.
with accepted as (
    select * from {{ ref('base_raw__opportunities') }}
    where rejection_reason is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by opportunity_id
            order by
                account_id desc nulls last,
                contact_id desc nulls last,
                created_at desc nulls last,
                closed_at desc nulls last,
                outcome desc nulls last,
                amount desc nulls last
        ) as row_rank
    from accepted
),

latest as (
    select
        opportunity_id,
        account_id,
        contact_id,
        created_at,
        closed_at,
        outcome,
        amount
    from ranked
    where row_rank = 1
)

select * from latest
