"""A small valid rule book that uses every column, and the edits that tests make to it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RULE_BOOK: Mapping[str, str] = {
    "scores": """\
score_id,floor,ceiling,lead_weight,description
activity,0,100,0.6,What they did
fit,0,100,0.4,Who they are
product_interest,0,100,0,What they look at
loyalty,-50,100,0,How customers use the product
""",
    "score_groups": """\
group_id,score_id,min_points,max_points,description
web,activity,-25,60,Web
email,activity,,,Email
usage,loyalty,-10,50,Use
""",
    "point_rules": """\
rule_id,group_id,event_type,object_pattern,category,campaign_pattern,min_value,max_value,points,max_hits,per,decay,decay_days,valid_from,valid_to,counts_for_interest,act_now,enabled,description
pricing_view,web,page_view,/pricing*|!/pricing/jobs*,,,,,10,1,day,half_life,14,,,true,false,true,Looked at prices
deep_visit,web,site_visit,,,,4,99,5,3,object_day,linear,7.5,2024-01-01,2024-12-31,,,,Looked around
email_open,email,email_open,,industry,spring*,,,2.5,,,,,,,,,TRUE,Opened an email
sql_entered,web,stage_entered,Qualified,,,,,5,,,none,,,,false,false,true,Became qualified
demo,web,demo_request,,,,,,20,1,lifetime,window,90,,,true,true,false,Asked for a demo
login,usage,login,,,,,,1,,,,,,,,,,Used the product
""",
    "inactivity_rules": """\
rule_id,group_id,after_days,points,enabled,description
silent_30,web,30,-5,,Silent for a month
silent_60,web,60,-15,,Silent for two months
""",
    "content_map": """\
event_type,object_pattern,category,product_id,is_sales_ready,priority,description
page_view,/pricing*,pricing,,true,1,Prices
page_view,/crm*,,CRM,,2,Product pages
,*spring*,promotion,,,,Spring
""",
    "products": """\
product_id,product_name,description
crm,CRM,Customer management
erp,ERP,Resource planning
""",
    "fit_criteria": """\
criterion_id,entity,weight,description
job_title,contact,60,The right person
company_size,account,40,The right size
""",
    "fit_rules": """\
rule_id,criterion_id,attribute,operator,operand,points,enabled,description
size_small,company_size,employee_count,between,1..50,50,,Small
size_medium,company_size,employee_count,between,51..,100,,Medium and large
size_huge,company_size,employee_count,at_least,10000,-10,,Too large
size_home,company_size,country,in,us|ca,10,,At home
size_named,company_size,account_name,like,*gmbh|*ag,10,,Incorporated
size_known,company_size,industry,equals,software,10,,Software
size_site,company_size,domain,is_present,,10,,Has a site
student,job_title,job_title,like,*student*,-30,,Studies
""",
    "title_weights": """\
title_pattern,seniority,buying_role,points,priority,description
ceo|chief * officer,c_level,decision_maker,100,1,Top
vp|vice president,vp,decision_maker,50,2,Second
*总监*,director,,50,,Director
assistant,,,0,0,Assists
""",
    "exclusions": """\
rule_id,match_on,pattern,reason,enabled,description
competitors,email_domain,rival.com|*.rival.com,competitor,,A competitor
researchers,job_title,phd student,researcher,,A researcher
""",
    "free_email_domains": """\
email_domain,description
gmail.com,Free mail
gmx.de,Free mail
""",
    "bot_user_agents": """\
pattern,reason,description
*bot*,crawler,Crawlers
*curl/*,script,Scripts
""",
    "score_bands": """\
score_id,label,min_score,description
fit,A,75,Perfect
fit,B,50,Good
fit,C,25,Fair
fit,D,0,Poor
activity,4,75,Very active
activity,3,50,Active
activity,2,25,Somewhat active
activity,1,0,Hardly active
loyalty,fan,10,Loyal
loyalty,new,-50,New
""",
    "lead_grades": """\
lead_grade,is_qualified,recommended_action,description
"""
    + "".join(
        f"{fit}{level},{'true' if fit in 'AB' and level in '34' else 'false'},call or wait,Fit {fit} at level {level}\n"
        for fit in "ABCD"
        for level in "4321"
    ),
    "thresholds": """\
threshold_id,entity,score_id,product_id,comparison,value,rearm_below,action,description
high_interest,contact,activity,,>=,80,70,notify_owner,High interest
product_campaign,contact,product_interest,CRM,>,50,40,campaign,Product interest
hand_over,contact,lead,,>=,60,,hand_over,Qualified
loyal,contact,loyalty,,>=,20,20,thank,Loyal
account_team,account,activity,,>=,50,,account_team,Account is active
""",
    "buying_roles": """\
buying_role,is_required,description
decision_maker,true,Decides
user,,Uses
""",
    "account_rank_weights": """\
contact_rank,weight,description
1,0.6,Most active
2,0.25,Second
3,0.25,Third
""",
    "stages": """\
stage_id,position,resets_score,is_disqualified,is_customer,description
lead,1,,,,New
qualified,2,true,,,Qualified
customer,3,false,false,true,Bought
lost,9,false,true,false,Disqualified
""",
}
"""CSV text by file name without `.csv`; row n of a text stands on line n, the header on 1."""


def write_files(folder: Path, files: Mapping[str, str | bytes] = RULE_BOOK) -> Path:
    """Write a rule book into `folder` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        raw = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.csv").write_bytes(raw)
    return folder


def with_cell(text: str, line: int, column: str, value: str) -> str:
    """The CSV text with one cell replaced."""
    rows = list(csv.reader(io.StringIO(text)))
    rows[line - 1][rows[0].index(column)] = value
    return to_csv(rows)


def with_row(text: str, **cells: str) -> str:
    """The CSV text with one row more, empty but for `cells`."""
    header = next(csv.reader(io.StringIO(text)))
    return text + to_csv([[cells.get(column, "") for column in header]])


def without_line(text: str, line: int) -> str:
    """The CSV text without one line."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[: line - 1] + lines[line:])


def to_csv(rows: list[list[str]]) -> str:
    """Rows as CSV text with LF."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()
