-- One row per event that the content map knows.
select
    events.event_row,
    first(content.category order by
        content.priority, content.pattern_length desc, content.pattern, content.event_type nulls last
    ) as category,
from {{ ref('events') }} as events
inner join {{ ref('content') }} as content
    on (content.event_type is null or events.event_type = content.event_type)
    and regexp_matches(events.object, content.object_regex)
    and (content.exception_regex is null or not regexp_matches(events.object, content.exception_regex))
group by events.event_row
