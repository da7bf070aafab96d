-- One row per event: of its accepted copies the latest loaded, then the latest, then the greatest remaining columns.
{{ config(materialized='table') }}

with accepted as (
    select * from {{ ref('base_raw__events') }}
    where rejection_reason is null
),

products as (
    select product_id as known_product_id
    from {{ ref('products') }}
),

spelled as (
    select
        accepted.event_id,
        accepted.contact_id,
        accepted.anonymous_id,
        accepted.event_type,
        accepted.occurred_at,
        accepted.loaded_at,
        accepted.object,
        accepted.category,
        coalesce(products.known_product_id, accepted.product_id) as product_id,
        accepted.campaign,
        accepted.value,
        accepted.user_agent,
        accepted.is_machine
    from accepted
    left join products on lower(accepted.product_id) = lower(products.known_product_id)
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_id
            order by
                loaded_at desc,
                occurred_at desc,
                contact_id desc nulls last,
                anonymous_id desc nulls last,
                event_type desc,
                object desc nulls last,
                category desc nulls last,
                product_id desc nulls last,
                campaign desc nulls last,
                value desc nulls last,
                user_agent desc nulls last,
                is_machine desc nulls last
        ) as copy_rank
    from spelled
),

deduplicated as (
    select
        event_id,
        contact_id,
        anonymous_id,
        event_type,
        occurred_at,
        loaded_at,
        {{ activity_date('occurred_at') }} as activity_date,
        object,
        category,
        product_id,
        campaign,
        value,
        user_agent,
        is_machine
    from ranked
    where copy_rank = 1
)

select * from deduplicated
