-- leadforge (bundle schema 5) mapped onto the raw tables of the scoring contract. Run it with ../map_source.py.
--
-- Grain. A leadforge lead is one inquiry of a contact at an account (5,000 leads of 2,889 contacts); the contract
-- scores people. So a lead's events become events of its contact, and a contact with three leads is one contact with
-- all their events. Making each lead a contact would count the same person several times in its account's breadth.
--
-- Time. leadforge knows dates, no times. Everything is placed at noon UTC of its date, and loaded at that same moment:
-- noon stays on its date in every zone from UTC-12 to UTC+11, and nothing is ever late or in the future.
--
-- No leakage. Of a lead, only what lies on days 0 to 30 after its creation exists in a student_public bundle. Three
-- things are left out on purpose: `tasks/` (the label), `total_touches_all` (looks past day 30), and
-- `opportunities.stage`, which holds the stage at the end of the simulation, so that `closed_won` is the label itself.

create view source.accounts as from read_parquet(getvariable('input_dir') || '/tables/accounts.parquet');
create view source.contacts as from read_parquet(getvariable('input_dir') || '/tables/contacts.parquet');
create view source.leads as from read_parquet(getvariable('input_dir') || '/tables/leads.parquet');
create view source.touches as from read_parquet(getvariable('input_dir') || '/tables/touches.parquet');
create view source.sessions as from read_parquet(getvariable('input_dir') || '/tables/sessions.parquet');
create view source.sales_activities as
from read_parquet(getvariable('input_dir') || '/tables/sales_activities.parquet');
create view source.opportunities as from read_parquet(getvariable('input_dir') || '/tables/opportunities.parquet');

create macro at_noon(day) as cast(day as date) + interval '12' hour;

-- What each touch means. The contract's event is something that the contact did, so what the seller did alone is left
-- out (empty event_type), except a sent email, which the contract knows. Nothing is left out for being unknown: that is
-- an error.
create table source.touch_meanings as
select * from (values
    ('content_download', 'inbound', 'asset_download', 'guide', 'its kind is not recorded: counted as a guide'),
    ('content_download', 'outbound', 'asset_download', 'guide', 'an act of the contact, whoever sent the link'),
    ('webinar', 'inbound', 'webinar_attend', null, 'a webinar is a touch once the contact is in it'),
    ('webinar', 'outbound', 'webinar_attend', null, 'invited by the seller, attended by the contact'),
    ('call', 'inbound', 'contact_request', null, 'the contact rang'),
    ('call', 'outbound', null, null, 'left out: the seller rang, no answer is recorded'),
    ('email', 'inbound', 'contact_request', null, 'the contact wrote'),
    ('email', 'outbound', 'email_sent', null, 'the seller wrote: no activity, and no object to be ignored'),
    ('linkedin_message', 'inbound', 'social_engagement', 'message', 'the contact wrote on a social network'),
    ('linkedin_message', 'outbound', null, null, 'left out: the seller wrote, no answer is recorded'),
) as meanings (touch_type, touch_direction, event_type, category, becomes);

-- What each outcome of a sales activity means. The channel (call, demo, email, meeting) goes into the category. The
-- default rule book gives these types no points; they count as activity, and a line in point_rules.csv makes them
-- score.
create table source.outcome_meanings as
select * from (values
    ('connected', 'sales_conversation', 'the contact took part'),
    ('meeting_set', 'sales_meeting_set', 'the contact agreed to meet'),
    ('demo_completed', 'sales_demo_completed', 'the contact saw the demo'),
    ('left_voicemail', null, 'left out: the contact was not reached'),
    ('no_answer', null, 'left out: the contact was not reached'),
) as meanings (activity_outcome, event_type, becomes);

-- One row per account.
create table raw.accounts as
select
    account_id,
    company_name as account_name,
    replace(industry, '_', ' ') as industry, -- words, so that patterns such as `*professional services*` see them
    case employee_band -- the contract wants a number: the middle of the band, of the open one its lower end
        when '200-499' then 350
        when '500-999' then 750
        when '1000-1999' then 1500
        when '2000+' then 2000
        else error('employee_band without a mapping: ' || employee_band)
    end as employee_count,
    case estimated_revenue_band -- as above, in dollars
        when '$1M-$10M' then 5500000
        when '$10M-$50M' then 30000000
        when '$50M-$200M' then 125000000
        when '$200M+' then 200000000
        else error('estimated_revenue_band without a mapping: ' || estimated_revenue_band)
    end as annual_revenue,
    region as country, -- `US` or `UK`, of the headquarters
    at_noon(created_at) as updated_at, -- there is one version of each account, that of its creation
from source.accounts;

-- One row per contact, also of those without a lead. leadforge has no names, addresses or phones, and none are made up:
-- nobody is contactable and the criterion `contactable` stays unknown. `department` stays empty: role_function is a
-- persona.
create table raw.contacts as
select
    contact_id,
    job_title,
    account_id,
    at_noon(created_at) as created_at,
    at_noon(created_at) as updated_at, -- one version only
from source.contacts;

-- What leadforge knows about contacts beyond the contract's columns, under its own names; besides `decision_maker`,
-- which the default rule book reads: the economic buyer is the one who decides.
create table raw.contact_attributes as
with attributes as (
    select
        contact_id,
        role_function,
        seniority,
        buyer_role,
        email_domain_type,
        if(buyer_role = 'economic_buyer', 'yes', 'no') as decision_maker,
    from source.contacts
)

unpivot attributes on columns(* exclude (contact_id)) into name attribute value value;

-- The bands themselves, for rules that want them rather than the numbers made of them.
create table raw.account_attributes as
with attributes as (
    select account_id, employee_band, estimated_revenue_band, process_maturity_band from source.accounts
)

unpivot attributes on columns(* exclude (account_id)) into name attribute value value;

-- One row per thing that a contact did (or, for email_sent, was sent). No campaign (always null in leadforge), no user
-- agent. A row whose lead is unknown keeps its place without a contact: the warehouse rejects it as missing_contact,
-- and counts it.
create table raw.events as
with touch_events as (
    select
        touches.touch_id as event_id,
        leads.contact_id,
        case when meanings.becomes is null then error('touch without a mapping: ' || touch_id) else event_type end
            as event_type,
        at_noon(touches.touch_timestamp) as occurred_at,
        cast(null as varchar) as object, -- no asset, webinar or email is named: caps per object treat them as one
        meanings.category,
        cast(null as double) as value,
    from source.touches as touches
    left join source.leads as leads on touches.lead_id = leads.lead_id
    left join source.touch_meanings as meanings
        on touches.touch_type = meanings.touch_type and touches.touch_direction = meanings.touch_direction
),

-- The session as a whole: its pages are counted, not named, so only those with a name below become page views.
session_events as (
    select
        sessions.session_id as event_id,
        leads.contact_id,
        'web_session' as event_type,
        at_noon(sessions.session_timestamp) as occurred_at,
        cast(null as varchar) as object,
        sessions.session_type as category,
        cast(sessions.page_views as double) as value,
    from source.sessions as sessions
    left join source.leads as leads on sessions.lead_id = leads.lead_id
),

-- One row per counted view of the two pages that leadforge names; the content map of the rule book says what they are
-- about.
page_counts as (
    select session_id, lead_id, session_timestamp, '/pricing' as object, pricing_page_views as views
    from source.sessions
    union all
    select session_id, lead_id, session_timestamp, '/demo' as object, demo_page_views as views
    from source.sessions
),

page_view_events as (
    select
        page_counts.session_id || ':' || page_counts.object || ':' || numbers.view_number as event_id,
        leads.contact_id,
        'page_view' as event_type,
        at_noon(page_counts.session_timestamp) as occurred_at,
        page_counts.object,
        cast(null as varchar) as category,
        cast(null as double) as value,
    from page_counts
    left join source.leads as leads on page_counts.lead_id = leads.lead_id
    cross join lateral unnest(range(1, page_counts.views + 1)) as numbers (view_number)
),

sales_events as (
    select
        activities.activity_id as event_id,
        leads.contact_id,
        case when meanings.becomes is null then error('activity without a mapping: ' || activity_id) else event_type end
            as event_type,
        at_noon(activities.activity_timestamp) as occurred_at,
        cast(null as varchar) as object,
        activities.activity_type as category,
        cast(null as double) as value,
    from source.sales_activities as activities
    left join source.leads as leads on activities.lead_id = leads.lead_id
    left join source.outcome_meanings as meanings on activities.activity_outcome = meanings.activity_outcome
),

all_events as (
    select * from touch_events
    union all
    select * from session_events
    union all
    select * from page_view_events
    union all
    select * from sales_events
)

select
    event_id,
    contact_id,
    event_type,
    occurred_at,
    occurred_at as loaded_at, -- leadforge has no load time
    object,
    category,
    value,
from all_events
where event_type is not null;

-- The journey as far as day 30 shows it: a contact becomes a lead with its first lead and an opportunity with its first
-- one. Only first entries: a second inquiry does not throw a contact back.
create table raw.stage_changes as
select
    contact_id,
    'lead' as stage_id,
    min(at_noon(lead_created_at)) as changed_at,
from source.leads
group by contact_id
union all
select
    leads.contact_id,
    'opportunity' as stage_id,
    min(at_noon(opportunities.created_at)) as changed_at,
from source.opportunities as opportunities
inner join source.leads as leads on opportunities.lead_id = leads.lead_id
group by leads.contact_id;

-- One row per deal. closed_at and outcome stay out: leadforge redacts them, and `stage` would give them away.
create table raw.opportunities as
select
    opportunities.opportunity_id,
    leads.account_id,
    leads.contact_id,
    at_noon(opportunities.created_at) as created_at,
    cast(opportunities.estimated_acv as double) as amount,
from source.opportunities as opportunities
inner join source.leads as leads on opportunities.lead_id = leads.lead_id;

-- Every source row once, with what it became.
create view report.source_rows as
with events_of_sessions as (
    select count(*) as raw_rows from raw.events where event_type in ('web_session', 'page_view')
)

select
    'touches' as source_table,
    touch_type || ' ' || touch_direction as kind,
    count(*) as source_rows,
    count(events.event_id) as raw_rows,
    coalesce(any_value(events.event_type) || ': ', '') || any_value(meanings.becomes) as becomes,
from source.touches as touches
left join source.touch_meanings as meanings using (touch_type, touch_direction)
left join raw.events as events on touches.touch_id = events.event_id
group by touch_type, touch_direction
union all
select
    'sales_activities',
    activity_outcome,
    count(*),
    count(events.event_id),
    coalesce(any_value(events.event_type) || ': ', '') || any_value(meanings.becomes),
from source.sales_activities as activities
left join source.outcome_meanings as meanings using (activity_outcome)
left join raw.events as events on activities.activity_id = events.event_id
group by activity_outcome
union all
select 'sessions', 'all', (select count(*) from source.sessions), raw_rows,
    'web_session each, page_view per /pricing and /demo view'
from events_of_sessions
union all
select 'accounts', 'all', (select count(*) from source.accounts), (select count(*) from raw.accounts), 'accounts'
union all
select 'contacts', 'all', (select count(*) from source.contacts), (select count(*) from raw.contacts), 'contacts'
union all
select 'leads', 'all', (select count(*) from source.leads),
    (select count(*) from raw.stage_changes where stage_id = 'lead'),
    'stage_changes: the first lead of each contact; further ones give their events only'
union all
select 'opportunities', 'all', (select count(*) from source.opportunities), (select count(*) from raw.opportunities),
    'opportunities, the first of each contact a stage change too';
