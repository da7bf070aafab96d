-- One row per turn to the side on which its threshold already stood: two alerts without an all-clear in between.
with turns as (
    select
        *,
        lag(direction, 1, 'down') over (
            partition by entity, entity_id, threshold_id, product_id
            order by as_of_date
        ) as direction_before
    from {{ ref('int_threshold_turns') }}
)

select
    entity,
    entity_id,
    threshold_id,
    product_id,
    as_of_date,
    direction
from turns
where direction = direction_before
