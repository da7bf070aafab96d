-- One row per anonymous id: of its accepted rows the earliest, then the lowest contact.
{{ config(materialized='table') }}

with accepted as (
    select * from {{ ref('base_raw__identities') }}
    where rejection_reason is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by anonymous_id
            order by
                identified_at,
                contact_id
        ) as row_rank
    from accepted
),

latest as (
    select
        anonymous_id,
        contact_id,
        identified_at
    from ranked
    where row_rank = 1
)

select * from latest
