-- A crossing up ends on a score that meets the threshold of its day, one down on a score below where the threshold
-- re-arms (without that: which does not meet it). The score before lay on the other side, where the threshold was the same
-- the day before.
with days as (
    select
        as_of_date,
        lag(as_of_date) over (order by as_of_date) as previous_date
    from marts.scoring_days
),

placed as (
    select
        crossings.*,
        thresholds.value as value_of_day,
        -- Whether a score makes the state turn above, and below.
        case
            when thresholds.comparison = '>' then round(crossings.score_after, 9) > round(crossings.threshold_value, 9)
            else round(crossings.score_after, 9) >= round(crossings.threshold_value, 9)
        end as after_is_above,
        case
            when thresholds.comparison = '>' then round(crossings.score_before, 9) > round(crossings.threshold_value, 9)
            else round(crossings.score_before, 9) >= round(crossings.threshold_value, 9)
        end as before_is_above,
        round(crossings.score_after, 9) < round(thresholds.rearm_below, 9) as after_is_rearmed,
        round(crossings.score_before, 9) < round(thresholds.rearm_below, 9) as before_is_rearmed,
        crossings.score_before is not null
        and thresholds_before.value is not distinct from thresholds.value
        and thresholds_before.comparison is not distinct from thresholds.comparison
        and thresholds_before.rearm_below is not distinct from thresholds.rearm_below as is_same_threshold_before
    from marts.threshold_crossings as crossings
    left join days on crossings.as_of_date = days.as_of_date
    left join intermediate.int_threshold_days as thresholds
        on crossings.as_of_date = thresholds.as_of_date
        and crossings.threshold_id = thresholds.threshold_id
    left join intermediate.int_threshold_days as thresholds_before
        on days.previous_date = thresholds_before.as_of_date
        and crossings.threshold_id = thresholds_before.threshold_id
)

select
    entity,
    entity_id,
    threshold_id,
    product_id,
    as_of_date,
    direction,
    score_before,
    score_after,
    threshold_value
from placed
where (
    isfinite(score_after)
    and threshold_value = value_of_day
    and case direction
        when 'up' then after_is_above and (not is_same_threshold_before or not before_is_above)
        when 'down'
            then coalesce(after_is_rearmed, not after_is_above)
            and (not is_same_threshold_before or not coalesce(before_is_rearmed, not before_is_above))
    end
) is not true
