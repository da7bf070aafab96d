-- Snowplow web events (one atomic events table as CSV) mapped onto the raw tables of the contract. Run it with
-- ../map_source.py.
--
-- Every row of the source becomes one row of raw.events, duplicates and late ones too: finding and counting them is the
-- warehouse's work, not the mapping's.
--
-- Time. occurred_at is derived_tstamp, Snowplow's own correction of a wrong device clock. loaded_at is the later of
-- collector_tstamp and etl_tstamp: a row cannot be loaded before it was collected (two rows of the fixture claim so, by
-- eight days, and would be rejected as `future`), and copies that were collected together still differ in etl_tstamp.
-- load_tstamp is empty in most rows.

create view source.events as
from read_csv(getvariable('input_dir') || '/snowplow_web_events.csv', all_varchar = true);

-- One row per row of the source.
create table raw.events as
select
    event_id,
    user_id as contact_id,
    domain_userid as anonymous_id, -- the first-party cookie; network_userid is a third-party one
    case -- a structured event is named by its category and action, any other by its name, never guessed
        when event = 'struct' and se_category = 'authentication' and se_action = 'login' then 'login'
        when event = 'struct' then concat_ws(':', se_category, se_action)
        else event_name -- page_view, page_ping, link_click, …
    end as event_type,
    cast(derived_tstamp as timestamp) as occurred_at,
    greatest(cast(collector_tstamp as timestamp), cast(etl_tstamp as timestamp)) as loaded_at,
    if(event = 'struct', null, page_url) as object, -- the page it happened on; a login is done to no page
    mkt_campaign as campaign,
    useragent as user_agent,
    -- The IAB list convicts: true is a machine. Its false only says "not on the list", and a false in the contract
    -- would overrule the rule book's own patterns, so it stays unknown.
    if(contexts_com_iab_snowplow_spiders_and_robots_1_0_0 like '%"spiderOrRobot":true%', true, null) as is_machine,
from source.events;

-- page_ping keeps its name and is not a page view: it says every few seconds that a page is still open, and as a view
-- it would multiply the page by the time spent on it. It earns nothing in the default rule book and counts as activity.

-- One row per user id. Snowplow knows nothing else about people.
create table raw.contacts as
select
    contact_id,
    min(occurred_at) as created_at,
    max(loaded_at) as updated_at,
from raw.events
where contact_id is not null
group by contact_id;

-- One row per cookie and user id seen on one event; the contract gives a shared cookie to the earliest.
create table raw.identities as
select
    anonymous_id,
    contact_id,
    min(occurred_at) as identified_at,
from raw.events
where anonymous_id is not null and contact_id is not null
group by anonymous_id, contact_id;

-- Every source row once, with what it became.
create view report.source_rows as
select
    'events' as source_table,
    event_type as kind,
    count(*) as source_rows,
    count(*) as raw_rows,
    'event, same type' as becomes,
from raw.events
group by event_type;
