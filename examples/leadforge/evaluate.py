"""How a finished warehouse ranks leadforge's leads against what became of them.

Belongs here: reading the published tables and the labels, conversion by score decile, AUC, the printed report. Scores
are not computed or adjusted here, and nothing is fitted: the labels are first read when the scores stand.

The unit is the lead, because the label is. A lead takes the scores of its contact and account on its own day 30, the
last day that leadforge shows of it (`score_history`); with `--at latest`, those of the latest build.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

SNAPSHOT_DAY = 30

LABELLED_LEADS = """
create table labelled_leads as
select lead_id, contact_id, account_id, converted_within_90_days as is_converted,
    cast(lead_created_at as date) + cast(getvariable('snapshot_day') as integer) as snapshot_date
from read_parquet(getvariable('leadforge_dir') || '/tasks/converted_within_90_days/*.parquet')
"""

# One row per lead and score. Both dates give the same columns; only the tables they are read from differ.
SCORED_LEADS = {
    "day30": """
create table scored_leads as
unpivot (
    select lead_id, is_converted, activity_score, fit_score, lead_score, account_activity_score
    from labelled_leads
    inner join warehouse.marts.score_history as scores
        on labelled_leads.contact_id = scores.contact_id and snapshot_date = scores.as_of_date
    inner join warehouse.marts.account_score_history as accounts
        on labelled_leads.account_id = accounts.account_id and snapshot_date = accounts.as_of_date
) on activity_score, fit_score, lead_score, account_activity_score into name score_name value score
""",
    "latest": """
create table scored_leads as
unpivot (
    select lead_id, is_converted, activity_score, fit_score, lead_score, account_activity_score
    from labelled_leads
    inner join warehouse.marts.contact_scores as scores on labelled_leads.contact_id = scores.contact_id
    inner join warehouse.marts.account_scores as accounts on labelled_leads.account_id = accounts.account_id
) on activity_score, fit_score, lead_score, account_activity_score into name score_name value score
""",
}

MISSING_SCORES = """
select count(*), min(snapshot_date), max(snapshot_date)
from labelled_leads
where lead_id not in (select lead_id from scored_leads)
"""

# Leads with equal scores share the mean outcome of their tie, so that no accident of order decides who is in a decile.
DECILES = """
create table deciles as
with rounded as (
    select lead_id, score_name, round(score, 9) as score, cast(is_converted as double) as converted from scored_leads
),

shared as (
    select *, avg(converted) over (partition by score_name, score) as expected_conversion from rounded
),

ranked as (
    select *, ntile(10) over (partition by score_name order by score desc, lead_id) as decile from shared
)

select score_name, decile, count(*) as leads, min(score) as lowest_score, max(score) as highest_score,
    avg(expected_conversion) as conversion_rate
from ranked
group by score_name, decile
"""

# AUC by mid-ranks (Mann-Whitney): the chance that a converted lead outscores another one, a tie counting one half.
SUMMARY = """
with rounded as (
    select score_name, round(score, 9) as score, is_converted from scored_leads
),

ranked as (
    select *, rank() over (partition by score_name order by score)
        + (count(*) over (partition by score_name, score) - 1) / 2.0 as mid_rank
    from rounded
),

quality as (
    select score_name, count(*) as leads, count(distinct score) as distinct_scores,
        avg(cast(is_converted as double)) as base_rate,
        (sum(mid_rank) filter (is_converted) - count_if(is_converted) * (count_if(is_converted) + 1) / 2.0)
            / nullif(cast(count_if(is_converted) as double) * count_if(not is_converted), 0) as auc
    from ranked
    group by score_name
)

select quality.score_name, quality.leads, distinct_scores, auc, base_rate,
    top.conversion_rate as top_rate, bottom.conversion_rate as bottom_rate
from quality
inner join deciles as top on quality.score_name = top.score_name and top.decile = 1
inner join deciles as bottom on quality.score_name = bottom.score_name and bottom.decile = 10
order by quality.score_name
"""


def evaluate(warehouse: Path, leadforge_dir: Path, at: str) -> duckdb.DuckDBPyConnection:
    """A connection that holds `labelled_leads`, `scored_leads` and `deciles`; the warehouse is attached read-only.

    `at` is `day30` or `latest`. Raises `ValueError` when leads are left without a score, `duckdb.Error` when a file or
    table is missing.
    """
    connection = duckdb.connect()
    connection.execute(f"attach '{str(warehouse).replace(chr(39), chr(39) * 2)}' as warehouse (read_only)")
    connection.execute("set variable leadforge_dir = ?", [str(leadforge_dir)])
    connection.execute("set variable snapshot_day = ?", [SNAPSHOT_DAY])
    connection.execute(LABELLED_LEADS)
    connection.execute(SCORED_LEADS[at])
    ((missing, first_day, last_day),) = connection.execute(MISSING_SCORES).fetchall()
    if missing:
        raise ValueError(
            f"{missing} leads have no score: day30 needs the history from {first_day} to {last_day}"
            " (lead-scoring build --from … --to …), latest needs every contact and account"
        )
    connection.execute(DECILES)
    return connection


def report(connection: duckdb.DuckDBPyConnection) -> str:
    """The account of the event rows, the number of scored contacts and accounts, and how the scores rank, as text."""
    lines = ["Raw event rows by outcome"]
    outcomes = connection.execute(
        "select outcome, events from warehouse.marts.event_outcomes order by events desc"
    ).fetchall()
    lines += [f"  {outcome:11} {events:8,}" for outcome, events in outcomes]
    lines.append(f"  {'all':11} {sum(events for _, events in outcomes):8,}")
    for table in ("contact_scores", "account_scores"):
        ((rows,),) = connection.execute(f"select count(*) from warehouse.marts.{table}").fetchall()  # noqa: S608
        lines.append(f"Rows in {table}: {rows:,}")
    lines.append("")
    lines.append("Leads by score (rates: share that converted; lift: rate of the decile over the rate of all)")
    lines.append("  score                   leads distinct    AUC    all  top 10%  lift  bottom  lift")
    for name, leads, distinct, auc, base, top, bottom in connection.execute(SUMMARY).fetchall():
        lines.append(
            f"  {name:22}{leads:7,}{distinct:9,}{auc:7.3f}{base:7.3f}"
            f"{top:9.3f}{top / base:6.2f}{bottom:8.3f}{bottom / base:6.2f}"
        )
    lines.append("")
    lines.append("Deciles of lead_score, best first")
    deciles = connection.execute(
        "select decile, leads, lowest_score, highest_score, conversion_rate from deciles"
        " where score_name = 'lead_score' order by decile"
    ).fetchall()
    lines += [
        f"  {d:2} {n:6,} leads  score {low:6.2f} to {high:6.2f}  converted {rate:.3f}"
        for d, n, low, high, rate in deciles
    ]
    return "\n".join(lines)


def main() -> int:
    """Command line: 0 printed, 1 with the reason when the warehouse or the labels cannot be read or do not match."""
    parser = argparse.ArgumentParser(description="Score deciles against the conversions that leadforge recorded.")
    parser.add_argument("warehouse", type=Path, help="the DuckDB file that lead-scoring build wrote")
    parser.add_argument("leadforge_dir", type=Path, help="the leadforge bundle: the folder with tables/ and tasks/")
    parser.add_argument(
        "--at", choices=sorted(SCORED_LEADS), default="day30", help="whose scores: each lead's day 30 (default)"
    )
    arguments = parser.parse_args()
    try:
        with evaluate(arguments.warehouse, arguments.leadforge_dir, arguments.at) as connection:
            print(report(connection))
    except (duckdb.Error, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
