-- Visits: a few pages each, at their end now and then something that is worth more (a download, a webinar, a demo
-- request), and later what follows from that. The hotter a visit, the more pages and the closer to a purchase.
create temp view web_events as
with visits as (
    select
        people.* exclude (key),
        visit_no,
        sub_key(people.key, 20000 + visit_no) as key,
        visit_no >= ambient_visits as is_buying,
        case
            when is_buying then project_ends_on - whole(project_days, u(key, 'day') ** 1.7)
            else getvariable('end_date') - whole(getvariable('days'), u(key, 'day'))
        end as visited_on,
        moment(visited_on, key, utc_offset_hours) as visited_at,
        if(is_buying, 0.4, 0.05) + if(is_buying, 0.55, 0.3) * u(key, 'heat') as heat,
        1 + whole(1.5 + 6 * heat, u(key, 'pages')) as pages,
        u(key, 'converts') < 0.5 * heat as has_conversion,
        u(key, 'bot') < 0.02 as is_bot,
        if(u(key, 'campaign') < 0.3, pick(campaigns(), u(key, 'which campaign')), null) as campaign,
    from (select *, unnest(range(ambient_visits + buying_visits)) as visit_no from people) as people
),

steps as (
    select
        visits.* exclude (key),
        step_no,
        -- A conversion and what follows from it are one draw.
        sub_key(key, least(step_no, pages)) as key,
        case
            when step_no = 0 then 'entry'
            when step_no < pages then if(u(key, 'mood') < heat, 'buying', 'research')
            else if(u(key, 'mood') < heat, 'ready', 'curious')
        end as mood,
        if(u(key, 'product') < 0.85, focus_product, pick(products(), u(key, 'other product'))) as product_id,
    from (select *, unnest(range(pages + if(has_conversion, 2, 0))) as step_no from visits) as visits
),

happenings as (
    select
        steps.*,
        content_slots.* exclude (mood),
        step_no > pages as is_follow_up,
        replace(replace(replace(replace(content_slots.object,
            '{product}', product_id),
            '{topic}', pick(topics(), u(key, 'topic'))),
            '{story}', pick(stories(), u(key, 'story'))),
            '{campaign}', coalesce(campaign, 'start')
        ) as filled_object,
        visited_at
        + to_seconds((step_no * 25 + 90 * step_no * u(key, 'lingers'))::bigint)
        + to_days(if(is_follow_up, follow_up_days::int, 0)) as occurred_at,
    from steps
    inner join content_slots on content_slots.mood = steps.mood and content_slots.slot = slot(u(steps.key, 'content'))
    where step_no <= pages or (follow_up is not null and u(steps.key, 'follows up') < 0.65)
)

select
    concat('web-', contact_no, '-', visit_no, '-', step_no) as event_id,
    sub_key(key, step_no) as key,
    -- Nobody knows a visitor before the first form, nor always after it.
    if(visited_on < created_on or (step_no < pages and u(key, 'logged out') < 0.1), null, contact_id) as contact_id,
    anonymous_id,
    if(is_follow_up, follow_up, event_type) as event_type,
    occurred_at,
    filled_object as object,
    category,
    if(has_product and event_type <> 'page_view', product_id, null) as product_id,
    campaign,
    case event_type
        when 'video_progress' then pick([10, 25, 50, 75, 90, 100], u(key, 'watched'))
        when 'webinar_register' then if(is_follow_up, 15 + whole(45, u(key, 'minutes')), null)
    end::double as value,
    if(is_bot, pick(bots(), u(key, 'which bot')), browser) as user_agent,
from happenings;
