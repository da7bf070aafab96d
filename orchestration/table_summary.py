"""What a person wants to see at a glance of a published table: its rows, and the news in the tables that sales reads.

News are shown as tables, of the latest run; numbers as plots, over all runs.

Whether the numbers are right is decided by `checks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    import duckdb

# Table → name in Dagster → query whose rows are shown as a table.
_NEWS = {
    "contact_scores": {
        "contacts by grade": """
            select lead_grade as grade, count(*) as contacts, count(*) filter (where is_qualified) as qualified
            from marts.contact_scores
            where not is_excluded
            group by lead_grade
            order by lead_grade[1], lead_grade[2] desc
        """,
        "contacts by temperature": """
            select temperature, count(*) as contacts
            from marts.contact_scores group by temperature order by contacts desc, temperature
        """,
    },
    "threshold_crossings": {
        "crossings of the latest day": """
            select threshold_id as threshold, direction, cause, count(*) as crossings
            from marts.threshold_crossings
            where as_of_date = (select max(as_of_date) from marts.scoring_days)
            group by all order by all
        """,
    },
    "event_outcomes": {"events by outcome": "select outcome, events from marts.event_outcomes order by events desc"},
    "rejected_rows": {
        "rejected rows by reason": """
            select source_table, reason, count(*) as rows
            from marts.rejected_rows
            group by all
            order by rows desc, source_table, reason
        """,
    },
    "nurture_segments": {
        "contacts by segment": """
            select segment, count(*) as contacts from marts.nurture_segments group by all order by all
        """,
    },
}

# Table → query of (name, number) rows; Dagster plots each number over time.
_NUMBERS = {
    "contact_scores": """
        select 'grade ' || grades.lead_grade, count(contacts.contact_id)
        from rule_book.lead_grades as grades
        left join marts.contact_scores as contacts
            on grades.lead_grade = contacts.lead_grade and not contacts.is_excluded
        group by grades.lead_grade
        union all
        select 'qualified', count(*) filter (where is_qualified) from marts.contact_scores
        union all
        select 'mean lead score', round(avg(lead_score), 4) from marts.contact_scores where not is_excluded
        order by 1
    """,
    "threshold_crossings": """
        select 'crossings ' || directions.direction, count(crossing_id)
        from (values ('up'), ('down')) as directions (direction)
        left join marts.threshold_crossings as crossings
            on directions.direction = crossings.direction
            and crossings.as_of_date = (select max(as_of_date) from marts.scoring_days)
        group by all order by all
    """,
    "event_outcomes": """
        select 'share ' || outcome, round(events / nullif(sum(events) over (), 0), 6)
        from marts.event_outcomes order by all
    """,
    "account_scores": "select 'qualified', count(*) filter (where is_qualified) from marts.account_scores",
}


def table_summary(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, dg.MetadataValue]:
    """Metadata of one table of the finished warehouse: its number of rows and, for some tables, what is new."""
    ((count,),) = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchall()  # noqa: S608 - our names
    metadata: dict[str, dg.MetadataValue] = {"dagster/row_count": dg.MetadataValue.int(count)}
    for name, query in _NEWS.get(table, {}).items():
        metadata[name] = as_table(_rows_of(connection, query))
    if table in _NUMBERS:
        for name, number in connection.execute(_NUMBERS[table]).fetchall():
            metadata[name] = dg.MetadataValue.float(float(number or 0))
    return metadata


def as_table(rows: list[dict[str, object]]) -> dg.MetadataValue:
    """Rows as Dagster shows them; a cell that is neither number nor flag is text."""
    if not rows:
        return dg.MetadataValue.text("none")
    records = [
        {name: value if isinstance(value, int | float) else str(value) for name, value in row.items()} for row in rows
    ]
    return dg.MetadataValue.table([dg.TableRecord(record) for record in records])


def _rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    """The rows of a query by column name."""
    result = connection.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
