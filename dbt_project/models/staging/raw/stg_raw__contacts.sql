-- One row per contact: of its accepted rows the latest updated_at, then the greatest remaining columns.
{{ config(materialized='table') }}

with accepted as (
    select * from {{ ref('base_raw__contacts') }}
    where rejection_reason is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by contact_id
            order by
                updated_at desc,
                email desc nulls last,
                full_name desc nulls last,
                job_title desc nulls last,
                department desc nulls last,
                phone desc nulls last,
                country desc nulls last,
                account_id desc nulls last,
                email_opt_out desc nulls last,
                created_at desc nulls last
        ) as row_rank
    from accepted
),

latest as (
    select
        contact_id,
        email,
        full_name,
        job_title,
        department,
        phone,
        country,
        account_id,
        email_opt_out,
        created_at,
        updated_at
    from ranked
    where row_rank = 1
)

select * from latest
