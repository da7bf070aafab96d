-- One row per merged contact: of its accepted rows the latest, then the lowest survivor.
with accepted as (
    select * from {{ ref('base_raw__contact_merges') }}
    where rejection_reason is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by merged_contact_id
            order by
                merged_at desc,
                surviving_contact_id
        ) as row_rank
    from accepted
),

latest as (
    select
        merged_contact_id,
        surviving_contact_id,
        merged_at
    from ranked
    where row_rank = 1
)

select * from latest
