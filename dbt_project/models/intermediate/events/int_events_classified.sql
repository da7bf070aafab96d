-- One row per deduplicated event: whose it is, whether a machine made it and how one knows, and what it was about.
with events as (
    select * from {{ ref('int_events_resolved') }}
),

bots as (
    select distinct value as user_agent
    from {{ ref('int_pattern_matches') }}
    where field = 'user_agent'
),

bursts as (
    select * from {{ ref('int_click_bursts') }}
),

contents as (
    select * from {{ ref('int_contents') }}
),

classified as (
    select
        events.event_id,
        events.contact_id,
        events.event_type,
        events.occurred_at,
        events.activity_date,
        events.object,
        coalesce(events.category, contents.category) as category,
        coalesce(events.product_id, contents.product_id) as product_id,
        events.campaign,
        events.value,
        coalesce(contents.is_sales_ready, false) as is_sales_ready,
        case
            when events.is_machine then 'source'
            when not events.is_machine then null
            when bots.user_agent is not null then 'user_agent'
            when events.event_type = 'email_open' and events.user_agent = 'Mozilla/5.0' then 'mail_privacy'
            when bursts.event_id is not null then 'click_burst'
        end as machine_reason
    from events
    left join bots on events.user_agent = bots.user_agent
    left join bursts on events.event_id = bursts.event_id
    left join contents
        on events.event_type = contents.event_type
        -- Empty text is null in raw rows, so '' can stand for null.
        and coalesce(events.object, '') = coalesce(contents.object, '')
)

select * from classified
