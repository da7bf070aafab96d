"""What the warehouse does not make: the raw tables and the files of the rule book, as external assets upstream of dbt.

Reading the raw tables is the models' business, judging the rule book that of `rule_book`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import dagster as dg

from orchestration.rule_book import validate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestration.dbt_project import DbtProject
    from orchestration.rule_book import RuleBookError
    from orchestration.translator import Translator

RULE_BOOK_KEY = dg.AssetKey(["rule_book", "files"])

_SHOWN_ERRORS = 100


def raw_table_specs(project: DbtProject, translator: Translator) -> list[dg.AssetSpec]:
    """One external asset per raw table, described as in the source's YAML."""
    return [translator.get_asset_spec(project.manifest, source, None) for source in project.sources]


def rule_book_spec(seeds_dir: Path) -> dg.AssetSpec:
    """The rule book as marketing edits it: the CSV files that every seed is loaded from."""
    return dg.AssetSpec(
        RULE_BOOK_KEY,
        description=(
            "The rule book: a folder of CSV files that marketing edits. A build begins with its validation;"
            " while a file breaks a constraint, nothing is loaded and no score changes."
        ),
        group_name="rule_book",
        kinds={"csv"},
        metadata={"folder": dg.MetadataValue.path(str(seeds_dir))},
    )


def rule_book_hash(seeds_dir: Path) -> str:
    """A fingerprint of the files as they are, spaces and all; scores are told by another one, of the values."""
    content = b"".join(file.name.encode() + file.read_bytes() for file in _files(seeds_dir))
    return hashlib.sha256(content).hexdigest()[:16]


def _files(seeds_dir: Path) -> list[Path]:
    return sorted(seeds_dir.glob("*.csv"))


def observe_rule_book(seeds_dir: Path) -> tuple[dg.AssetObservation, Sequence[RuleBookError]]:
    """Validate the rule book: what there is to see of it, and every error."""
    errors = validate(seeds_dir)
    metadata: dict[str, dg.MetadataValue] = {
        "folder": dg.MetadataValue.path(str(seeds_dir)),
        "files": dg.MetadataValue.int(len(_files(seeds_dir))),
        "errors": dg.MetadataValue.int(len(errors)),
    }
    if errors:
        metadata["errors by place"] = dg.MetadataValue.table(
            [
                dg.TableRecord({"file": e.file, "line": e.line, "column": e.column, "message": e.message})
                for e in errors[:_SHOWN_ERRORS]
            ]
        )
    return dg.AssetObservation(
        RULE_BOOK_KEY, metadata=metadata, tags={"dagster/data_version": rule_book_hash(seeds_dir)}
    ), errors
