-- One row per distinct event type and object: what the content map says it is about. Each of the three answers comes from
-- the winning row among those that give it.
with contents as (
    select distinct
        event_type,
        object
    from {{ ref('int_raw_signatures') }}
),

content_map as (
    select
        lower(event_type) as event_type,
        object_pattern,
        category,
        product_id,
        is_sales_ready,
        priority
    from {{ ref('content_map') }}
),

products as (
    select product_id
    from {{ ref('products') }}
),

matches as (
    select
        value,
        pattern
    from {{ ref('int_pattern_matches') }}
    where field = 'object'
),

spelled_map as (
    select
        content_map.event_type,
        content_map.object_pattern,
        content_map.category,
        coalesce(products.product_id, content_map.product_id) as product_id,
        content_map.is_sales_ready,
        row_number() over (
            order by
                content_map.priority nulls last,
                length(coalesce(content_map.object_pattern, '')) desc,
                coalesce(content_map.object_pattern, ''),
                content_map.event_type nulls last
        ) as win_order
    from content_map
    left join products on lower(content_map.product_id) = lower(products.product_id)
),

fitting_rows as (
    select
        contents.event_type,
        contents.object,
        spelled_map.category,
        spelled_map.product_id,
        spelled_map.is_sales_ready,
        spelled_map.win_order
    from contents
    inner join matches on contents.object = matches.value
    inner join spelled_map
        on matches.pattern = spelled_map.object_pattern
        and contents.event_type = coalesce(spelled_map.event_type, contents.event_type)
    union all
    select
        contents.event_type,
        contents.object,
        spelled_map.category,
        spelled_map.product_id,
        spelled_map.is_sales_ready,
        spelled_map.win_order
    from contents
    inner join spelled_map
        on spelled_map.object_pattern is null
        and contents.event_type = coalesce(spelled_map.event_type, contents.event_type)
),

ranked as (
    select
        *,
        row_number() over (
            partition by event_type, object
            order by case when category is null then 1 else 0 end, win_order
        ) as category_rank,
        row_number() over (
            partition by event_type, object
            order by case when product_id is null then 1 else 0 end, win_order
        ) as product_rank,
        row_number() over (
            partition by event_type, object
            order by case when is_sales_ready is null then 1 else 0 end, win_order
        ) as sales_ready_rank
    from fitting_rows
),

classified as (
    select
        event_type,
        object,
        max(case when category_rank = 1 then category end) as category,
        max(case when product_rank = 1 then product_id end) as product_id,
        bool_or(sales_ready_rank = 1 and coalesce(is_sales_ready, false)) as is_sales_ready
    from ranked
    group by event_type, object
)

select * from classified
