-- One row per contact with scored events: its decayed points as of the day.
{{ config(post_hook="copy {{ this }} to '{{ var('scores_file') }}' (format parquet)") }}

with hits as (
    select
        events.contact_id,
        rules.points,
        rules.decay,
        rules.decay_days,
        date '{{ var("as_of_date") }}' - events.occurred_at::date as age_days,
    from {{ ref('events') }} as events
    left join {{ ref('event_categories') }} as event_categories on events.event_row = event_categories.event_row
    inner join {{ ref('rules') }} as rules
        on events.event_type = rules.event_type
        and (rules.category is null or rules.category = coalesce(events.category, event_categories.category))
        and (rules.object_regex is null or regexp_matches(events.object, rules.object_regex))
        and (rules.exception_regex is null or not regexp_matches(events.object, rules.exception_regex))
        and coalesce(events.value, 0) between rules.min_value and rules.max_value
    where events.contact_id is not null
)

select
    contact_id,
    greatest({{ var('floor') }}, least({{ var('ceiling') }}, sum(points * case decay
        when 'half_life' then power(2, -age_days / decay_days)
        when 'linear' then greatest(0, 1 - age_days / decay_days)
        when 'window' then (age_days < decay_days)::double
        else 1
    end))) as activity_score,
from hits
group by contact_id
