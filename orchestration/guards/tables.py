"""Guards after a build: what was built, compared with what readers have.

Nobody's row leaves these functions: they say counts and shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration.guards.reference import PUBLISHED
from orchestration.guards.sources import Finding

if TYPE_CHECKING:
    import duckdb

    from orchestration.guards.config import GradeMoves, RiseOfShare, ScoreDrift

_SAMPLED_EVENTS = 1000
_KNOWN_SHARE = 0.5


def look_for_rise(connection: duckdb.DuckDBPyConnection, outcome: str, bounds: RiseOfShare) -> Finding:
    """The share of raw events that have an outcome, such as `machine`, in both publications."""
    (before, of_before), (now, of_now) = (
        connection.execute(
            "select coalesce(sum(events) filter (where outcome = ?), 0), coalesce(sum(events), 0)"  # noqa: S608
            f" from {schema}.event_outcomes",
            [outcome],
        ).fetchall()[0]
        for schema in (f"{PUBLISHED}.marts", "marts")
    )
    if min(of_before, of_now) < bounds.min_events:
        return Finding(True, f"fewer than {bounds.min_events:,} events: too few to compare")
    share_before, share_now = before / of_before, now / of_now
    return Finding(
        share_now - share_before <= bounds.max_rise,
        f"{share_now:.1%} of the events, {share_before:.1%} in the publication before",
        {"share": round(share_now, 6), "share before": round(share_before, 6), "events": int(now)},
    )


def look_for_grade_moves(connection: duckdb.DuckDBPyConnection, bounds: GradeMoves) -> Finding:
    """Contacts that readers have with another grade. A contact is the same if its email is, too."""
    ((compared, moved),) = connection.execute(
        f"""
        select count(*), count(*) filter (where old.lead_grade is distinct from new.lead_grade)
        from {PUBLISHED}.marts.contact_scores as old
        inner join marts.contact_scores as new
            on old.contact_id = new.contact_id and old.email = new.email
        """  # noqa: S608 - our names
    ).fetchall()
    if compared < bounds.min_contacts:
        return Finding(True, f"{compared:,} contacts were there before: fewer than {bounds.min_contacts:,}")
    share = moved / compared
    description = f"{moved:,} of {compared:,} contacts have another grade than was published ({share:.1%})"
    numbers = {"contacts that moved": int(moved), "share that moved": round(share, 6)}
    if share <= bounds.max_share:
        return Finding(True, description, numbers)
    known = _share_of_events_still_known(connection)
    if known < _KNOWN_SHARE:
        described = f"{description}; only {known:.0%} of the events are still there"
        return Finding(False, described, numbers, may_block=False)
    return Finding(False, description, numbers)


def _share_of_events_still_known(connection: duckdb.DuckDBPyConnection) -> float:
    """Of a sample of the events that were published. Other events make another world, which cannot be compared.

    It reads every event id, and is asked only if a run is to be stopped.
    """
    present = connection.execute(
        "select count(*) from duckdb_tables() where database_name = ? and table_name = 'event_log'", [PUBLISHED]
    ).fetchall()
    if present == [(0,)]:
        return 1.0
    ((sampled, known),) = connection.execute(
        f"""
        with sampled as (
            select event_id
            from (select event_id from {PUBLISHED}.marts.event_log where not is_derived) as events
            using sample reservoir({_SAMPLED_EVENTS} rows) repeatable (1)
        )
        select count(*), count(*) filter (where event_id in (select event_id from marts.event_log))
        from sampled
        """  # noqa: S608 - our names
    ).fetchall()
    return float(known / sampled) if sampled else 1.0


def look_for_drift(connection: duckdb.DuckDBPyConnection, bounds: ScoreDrift) -> Finding:
    """The population stability index of the lead scores: Σ (new share − old share) × ln(new share / old share)."""
    ((index, fewest),) = connection.execute(
        f"""
        with binned as (
            select floor(lead_score / 10) as bin, 1 as old, 0 as new
            from {PUBLISHED}.marts.contact_scores where not is_excluded
            union all
            select floor(lead_score / 10), 0, 1 from marts.contact_scores where not is_excluded
        ),
        totals as (select sum(old) as old, sum(new) as new from binned),
        shares as (
            select
                greatest(sum(binned.old) / any_value(totals.old), 1e-4) as old,
                greatest(sum(binned.new) / any_value(totals.new), 1e-4) as new
            from binned cross join totals
            where totals.old > 0 and totals.new > 0
            group by binned.bin
        )
        select
            (select sum((new - old) * ln(new / old)) from shares),
            (select coalesce(least(old, new), 0) from totals)
        """  # noqa: S608 - our names
    ).fetchall()
    if index is None or fewest < bounds.min_contacts:
        return Finding(True, f"fewer than {bounds.min_contacts:,} contacts: too few to compare")
    return Finding(
        index <= bounds.max_index,
        f"population stability index {index:.3f} (at most {bounds.max_index:g})",
        {"population stability index": round(index, 6)},
    )
