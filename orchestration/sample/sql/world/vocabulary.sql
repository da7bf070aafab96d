-- Each vocabulary with shares becomes a hundred slots, so that a weighted choice is a join on a slot.
create temp table country_slots as
select row_number() over (order by country) - 1 as slot, * exclude (share, copy_no)
from (select *, unnest(range(share)) as copy_no from countries);

create temp table industry_slots as
select row_number() over (order by industry) - 1 as slot, * exclude (share, copy_no)
from (select *, unnest(range(share)) as copy_no from industries);

create temp table content_slots as
select row_number() over (partition by mood order by event_type, object) - 1 as slot, * exclude (share, copy_no)
from (select *, unnest(range(share)) as copy_no from content);

create temp table title_lists as
select
    language,
    seniority,
    list({'department': department, 'job_title': job_title} order by job_title) as titles,
from job_titles
group by all;

create temp table name_lists as
select
    language,
    list({'name': name, 'mail_name': coalesce(mail_name, lower(strip_accents(name)))} order by name)
        filter (part = 'given') as given_names,
    list({'name': name, 'mail_name': coalesce(mail_name, lower(strip_accents(name)))} order by name)
        filter (part = 'family') as family_names,
from person_names
group by all;

create temp table company_words as
select
    list(word order by word) filter (part = 'stem') as stems,
    list(word order by word) filter (part = 'ending') as endings,
from company_names;

create macro products() as ['analytics', 'automation', 'integration', 'security'];
create macro topics() as [
    'data-quality', 'forecasting', 'workflow-design', 'api-strategy', 'zero-trust', 'gdpr-checklist'
];
create macro stories() as ['alderbrook-works', 'cedarport-capital', 'nordholm-logistics', 'silverdale-health'];
create macro campaigns() as ['spring_launch', 'partner_days', 'benchmark_report', 'search_brand', 'retargeting'];
create macro browsers() as [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'
];
create macro bots() as [
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    'Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)',
    'python-requests/2.32.3',
    'LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)'
];
create macro free_mail_domains() as [
    'gmail.com', 'gmx.de', 'outlook.com', 'yahoo.com', 'icloud.com',
    'web.de', 'qq.com', 'orange.fr', 'libero.it', 'wp.pl'
];
