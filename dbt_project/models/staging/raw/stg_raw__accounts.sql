-- One row per account: of its accepted rows the latest updated_at, then the greatest remaining columns.
{{ config(materialized='table') }}

with accepted as (
    select * from {{ ref('base_raw__accounts') }}
    where rejection_reason is null
),

ranked as (
    select
        *,
        row_number() over (
            partition by account_id
            order by
                updated_at desc,
                account_name desc nulls last,
                domain desc nulls last,
                industry desc nulls last,
                {{ text_to_number('employee_count') }} desc nulls last,
                employee_count desc nulls last,
                {{ text_to_number('annual_revenue') }} desc nulls last,
                annual_revenue desc nulls last,
                country desc nulls last
        ) as row_rank
    from accepted
),

latest as (
    select
        account_id,
        account_name,
        domain,
        industry,
        employee_count,
        annual_revenue,
        country,
        updated_at
    from ranked
    where row_rank = 1
)

select * from latest
