-- Of one entity, threshold and product, the crossings alternate between up and down, at most one a day.
with crossings as (
    select
        *,
        lag(direction) over entity_days as previous_direction,
        lag(as_of_date) over entity_days as previous_date
    from marts.threshold_crossings
    window entity_days as (partition by entity, entity_id, threshold_id, product_id order by as_of_date, direction)
)

select
    entity,
    entity_id,
    threshold_id,
    product_id,
    previous_date,
    previous_direction,
    as_of_date,
    direction
from crossings
where (
    direction in ('up', 'down')
    and as_of_date is distinct from previous_date
    and direction is distinct from previous_direction
) is not true
