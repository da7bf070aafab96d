"""Scores one rule book in a scratch file: dbt builds the models that its differences touch, and no others.

Which those are is in `selection`. What is compared afterwards is in `comparison`.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.dbt_runner import DbtError, DbtRunner, NodeEvent, NodeResult, ignore_event
from orchestration.duckdb_files import identifier
from orchestration.impact.content import Rebuild
from orchestration.impact.errors import ImpactError
from orchestration.impact.scratch import STORED
from orchestration.impact.selection import models_to_build
from orchestration.rule_book.files import ROW_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from dbt.contracts.graph.manifest import Manifest

    from orchestration.impact.scratch import Scratch
    from orchestration.settings import Settings

_ABOUT_THE_WAREHOUSE = ("int_run_scope", "int_rule_book_hash")
_RAW_PROFILES = "int_profile_hashes"


@dataclass(frozen=True)
class WarehouseState:
    """What the warehouse was built with: its day, whether a run would record that day again, its rule book's hash."""

    as_of_date: date
    is_complete: bool
    rule_book_hash: str

    @property
    def next_day(self) -> date:
        """The day of the next run."""
        return self.as_of_date + timedelta(days=1)


@dataclass
class Scoring:
    """dbt on one scratch file; `seconds` of each step are kept for who asks where time went."""

    settings: Settings
    scratch: Scratch
    dbt_vars: Mapping[str, Any]
    on_event: Callable[[NodeEvent], None] = ignore_event
    seconds: dict[str, float] = field(default_factory=dict)

    def load_rule_book(self, folder: Path, known_as_stored: frozenset[str] = frozenset()) -> str:
        """Load a rule book and return its hash. Raises ImpactError if the warehouse is not of this project's version.

        `known_as_stored`: files that need not be loaded, because they hold what the warehouse was built with.
        """
        files = [row_type.FILE for row_type in ROW_TYPES if row_type.FILE not in known_as_stored]
        self._run("load the rule book", [*files, *_ABOUT_THE_WAREHOUSE], folder, self._parse())
        if self.scratch.rows("select is_full from intermediate.int_run_scope")[0][0]:
            raise ImpactError(
                "The warehouse was built by another version of this project, or with other engine parameters: "
                "run `lead-scoring build` first, or name the same --vars."
            )
        return str(self.scratch.rows("select rule_book_hash from intermediate.int_rule_book_hash")[0][0])

    def score(self, folder: Path, state: WarehouseState, *, with_next_run: bool, also: Iterable[str] = ()) -> list[str]:
        """Build what the loaded rule book changes, `also` these models; the names of all that were built."""
        self.scratch.set_up_run(
            state.as_of_date,
            state.next_day if with_next_run else None,
            day_is_recorded_again=with_next_run and not state.is_complete,
        )
        manifest = self._parse()
        changed = [row_type.FILE for row_type in ROW_TYPES if not self._is_as_stored(row_type.FILE)]
        models = models_to_build(manifest, changed, self._reads_the_same, with_next_run=with_next_run)
        models = sorted({*models, *also})
        if models:
            self._run("score", [*models, _RAW_PROFILES], folder, manifest)
        return models

    def files_as_stored(self) -> frozenset[str]:
        """The files of the loaded rule book that hold what the warehouse was built with."""
        return frozenset(row_type.FILE for row_type in ROW_TYPES if self._is_as_stored(row_type.FILE))

    def rebuild(self, models: list[str]) -> Rebuild:
        """What a build with the loaded rule book would have to do, by what these models, built here, found."""

        def number(model: str, select: str) -> int:
            return int(self.scratch.rows(select)[0][0] or 0) if model in models else 0

        return Rebuild(
            rules_matched_again=number("int_changed_rules", "select count(*) from intermediate.int_changed_rules"),
            hits_written=number("int_ledger", "select sum(hits) from intermediate.int_ledger__fresh"),
            owners_recomputed=number("int_changed_owners", "select count(*) from intermediate.int_changed_owners"),
            profiles_assessed=number("int_changed_profiles", "select count(*) from intermediate.int_changed_profiles"),
            reads_raw_events=not self._reads_the_same("products", ("product_id",)),
            models=len(models),
        )

    def raw_rows_differ(self) -> bool:
        """Whether contacts, accounts or their attributes are others than when the warehouse was built.

        To be asked after `score`, which reads them.
        """
        columns = (
            "contact_id, email, full_name, job_title, department, phone, country, email_opt_out, created_at, updated_at"
        )
        return bool(
            self.scratch.rows(
                f"""
                select
                    exists (
                        select {columns} from staging.stg_raw__contacts
                        where contact_id in (select contact_id from intermediate.int_contacts)
                        except
                        select {columns} from intermediate.int_contacts
                    ) or exists (
                        (select entity, entity_id, row_hash from intermediate.int_profile_hashes)
                        except
                        (select entity, entity_id, row_hash from absorbed.int_profile_hashes)
                    ) or (select count(*) from intermediate.int_profile_hashes)
                    <> (select count(*) from absorbed.int_profile_hashes)
                """  # noqa: S608 - names of ours
            )[0][0]
        )

    def _is_as_stored(self, file: str) -> bool:
        columns = self.scratch.rows(
            "select column_name from information_schema.columns"
            " where table_catalog = ? and table_schema = 'rule_book' and table_name = ?",
            [STORED, file],
        )
        return self._reads_the_same(file, tuple(name for (name,) in columns))

    def _reads_the_same(self, file: str, columns: tuple[str, ...]) -> bool:
        """Whether these columns hold the same rows in the loaded rule book and in that of the warehouse."""
        names = ", ".join(map(identifier, columns))
        loaded, stored = (f"(select {names} from {place}rule_book.{identifier(file)})" for place in ("", f"{STORED}."))  # noqa: S608
        return not self.scratch.rows(f"({loaded} except all {stored}) union all ({stored} except all {loaded}) limit 1")

    def _parse(self) -> Manifest:
        began = time.monotonic()
        manifest = DbtRunner.from_settings(self.settings).parse(self.dbt_vars, write_manifest=False)
        self._took("parse", began)
        return manifest

    def _run(self, step: str, names: list[str], folder: Path, manifest: Manifest) -> None:
        began = time.monotonic()
        _redirect(manifest, folder)
        runner = DbtRunner.from_settings(self.settings).copy_for(self.scratch.file)
        arguments = [
            "build",
            *("--vars", json.dumps(dict(self.dbt_vars), sort_keys=True)),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *("--exclude-resource-type", "exposure"),
            *("--select", *names),
        ]
        failed: NodeResult | None = None
        try:
            for event in runner.invoke(manifest, arguments):
                self.on_event(event)
                if isinstance(event, NodeResult) and not event.is_built:
                    failed = failed or event
        except DbtError as error:
            raise ImpactError(str(error)) from error
        if failed:
            raise ImpactError(f"{failed.unique_id} could not be built: {failed.message}")
        self._took(step, began)

    def _took(self, step: str, began: float) -> None:
        self.seconds[step] = self.seconds.get(step, 0.0) + time.monotonic() - began


def _redirect(manifest: Manifest, folder: Path) -> None:
    """Make a parsed project read the rule book of `folder` and write into a scratch file."""
    from dbt.contracts.graph.nodes import HookNode, ModelNode, SeedNode

    for unique_id, node in list(manifest.nodes.items()):
        if isinstance(node, SeedNode):
            node.original_file_path = str(folder / f"{node.name}.csv")
        elif isinstance(node, HookNode):
            # Raw tables were checked when the warehouse was built.
            del manifest.nodes[unique_id]
        elif isinstance(node, ModelNode):
            if node.config.materialized == "incremental":
                node.config.materialized = "overlay"
            # Nobody reads comments here, or needs a promise about types.
            node.config.persist_docs = {}
            node.config.contract.enforced = False


def read_state(scratch: Scratch) -> WarehouseState:
    """What the warehouse was built with. Raises ImpactError if its last build was not finished."""
    days = scratch.rows(
        f"""
        select
            days.as_of_date,
            days.is_complete,
            days.rule_book_hash,
            (select bool_and(run_id = (select run_id from {STORED}.intermediate.int_completed_run))
                from {STORED}.intermediate.int_run_scope)
            and (select count(*) from {STORED}.marts.contact_scores
                where rule_book_hash <> days.rule_book_hash or as_of_date <> days.as_of_date) = 0
            and (select rule_book_hash from {STORED}.intermediate.int_rule_book_hash) = days.rule_book_hash
        from {STORED}.marts.scoring_days as days
        order by days.as_of_date desc
        limit 1
        """  # noqa: S608 - names of ours
    )
    if not days:
        raise ImpactError("No day has been scored yet: build one with `lead-scoring build`.")
    as_of_date, is_complete, rule_book_hash, is_finished = days[0]
    if not is_finished:
        raise ImpactError("The last build of the warehouse was not finished: run `lead-scoring build` first.")
    return WarehouseState(as_of_date, is_complete, rule_book_hash)
