"""Which models a changed rule book touches: a pure function of dbt's graph and of the columns that differ.

What is not selected is read from the warehouse as it is. Being selected in vain costs time; being left out wrongly
would cost the truth, so that a model is left out only when nothing it reads has changed. A test reads the models' SQL
for that.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dbt.contracts.graph.manifest import Manifest

LATEST = (
    "contact_scores",
    "account_scores",
    "product_interest_scores",
    "account_product_interest",
    "custom_scores",
    "score_contributions",
    "int_group_points",
    "int_contact_fit_criteria",
    "int_contact_fit",
)
"""What is compared: as of the day of the warehouse."""
NEXT_RUN = ("threshold_crossings",)
"""What the next run would report."""
DATES = "int_scoring_dates"

NEVER = frozenset(
    {
        "base_raw__events",
        "int_changed_events",
        "int_changed_load_days",
        "int_completed_run",
        "int_event_copies",
        "int_events_deduplicated",
        "int_raw_load_days",
        "int_raw_rejected_events",
        "int_raw_signatures",
        "int_raw_user_agents",
        "int_run_scope",
        DATES,
    }
)
"""Models that read raw events, or that say what a run is about: the warehouse's own, or rows of ours."""

_RANGES_AND_CAPS = ("rule_id", "min_value", "max_value", "max_hits", "per", "valid_from", "valid_to", "enabled")

READS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "point_rules": {
        "int_patterns": ("object_pattern", "campaign_pattern", "enabled"),
        "int_signature_rules": ("rule_id", "event_type", "category", "object_pattern", "campaign_pattern", "enabled"),
        "int_rule_hashes": _RANGES_AND_CAPS,
        "int_hits": _RANGES_AND_CAPS,
    },
    "fit_rules": {
        "int_patterns": ("criterion_id", "operator", "operand", "enabled"),
        "int_profile_values": ("criterion_id", "attribute", "enabled"),
        "int_pattern_values": ("criterion_id", "attribute", "operator", "enabled"),
    },
    "fit_criteria": {
        "int_patterns": ("criterion_id",),
        "int_profile_values": ("criterion_id", "entity"),
        "int_pattern_values": ("criterion_id", "entity"),
    },
    "title_weights": {"int_patterns": ("title_pattern",)},
    "content_map": {"int_patterns": ("object_pattern",)},
    "exclusions": {"int_patterns": ("match_on", "pattern", "enabled")},
    "bot_user_agents": {"int_patterns": ("pattern",)},
    "products": {
        "int_contents": ("product_id",),
        "int_spelled_signatures": ("product_id",),
        "int_threshold_days": ("product_id",),
    },
}
"""File → model → the columns of the file that the model reads, staging views in between. Not named: all of them."""

MATCHES = "int_pattern_matches"
OWN_PATTERNS: Mapping[str, str] = {
    "int_bot_agents": "bot_user_agents",
    "int_contact_exclusions": "exclusions",
    "int_contents": "content_map",
    "int_fit_rule_matches": "fit_rules",
    "int_signature_rules": "point_rules",
    "int_titles": "title_weights",
}
"""Who reads the matches of patterns → the file whose patterns it looks up there, and no other's."""

_SCOPE_MACRO = "is_partial_run"


def models_to_build(
    manifest: Manifest,
    changed_files: Iterable[str],
    reads_the_same: Callable[[str, tuple[str, ...]], bool],
    *,
    with_next_run: bool,
) -> list[str]:
    """The models to build in a scratch file, by name.

    `reads_the_same(file, columns)`: whether these columns of a changed file hold the same rows as before.
    """
    graph = _Graph(manifest)
    wanted = graph.ancestors(LATEST + NEXT_RUN if with_next_run else LATEST)
    selected: set[str] = set()
    for file in changed_files:
        reads = READS.get(file, {})
        unmoved = {model for model, columns in reads.items() if reads_the_same(file, columns)}
        others = {model for model, owner in OWN_PATTERNS.items() if owner != file}
        selected |= graph.descendants(file, unmoved | NEVER, {MATCHES: others}) & wanted
    if with_next_run:
        selected |= graph.descendants(DATES, NEVER) & graph.ancestors(NEXT_RUN)
    return sorted(graph.with_what_they_read_of_a_run(selected))


def models_behind(manifest: Manifest, wanted: Iterable[str]) -> set[str]:
    """These models and all that they are made from, by name."""
    graph = _Graph(manifest)
    return graph.ancestors(wanted) - graph.seeds


class _Graph:
    """dbt's graph by names: models and seeds have no namesakes here."""

    def __init__(self, manifest: Manifest) -> None:
        from dbt.contracts.graph.nodes import ModelNode, SeedNode

        nodes = [node for node in manifest.nodes.values() if isinstance(node, ModelNode | SeedNode)]
        names = {node.unique_id: node.name for node in nodes}
        self.parents = {n.name: {names[p] for p in n.depends_on_nodes if p in names} for n in nodes}
        self.children: dict[str, set[str]] = {name: set() for name in self.parents}
        for name, parents in self.parents.items():
            for parent in parents:
                self.children[parent].add(name)
        self.seeds = {n.name for n in nodes if isinstance(n, SeedNode)}
        self._incremental = {n.name for n in nodes if n.config.materialized == "incremental"}
        scope_macros = _macros_above(manifest, _SCOPE_MACRO)
        self._reads_scope = {
            n.name for n in nodes if isinstance(n, ModelNode) and scope_macros & set(n.depends_on.macros)
        }

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """These and all that they are made from."""
        return _closure(names, lambda name: self.parents[name])

    def descendants(
        self, name: str, without: set[str] | frozenset[str], cut: Mapping[str, set[str]] | None = None
    ) -> set[str]:
        """All models made from this one, by ways that lead neither through those in `without` nor along those cut."""
        cut = cut or {}
        return _closure([name], lambda at: self.children[at] - without - cut.get(at, set())) - {name}

    def with_what_they_read_of_a_run(self, selected: set[str]) -> set[str]:
        """These and what stands between them and whole tables, where it holds what one run was about.

        Such a model, and any that is made from one, is in the warehouse as the last run left it: with the rows that
        this one recomputed.
        """
        complete: dict[str, bool] = {}

        def is_complete(name: str) -> bool:
            if name not in complete:
                complete[name] = name in self._incremental or (
                    name not in self._reads_scope and all(is_complete(parent) for parent in self.parents[name])
                )
            return complete[name]

        def parts_of_a_run(name: str) -> set[str]:
            return {parent for parent in self.parents[name] - NEVER if not is_complete(parent)}

        return _closure(selected, parts_of_a_run)


def _macros_above(manifest: Manifest, name: str) -> set[str]:
    """The macro and all that call it, at whatever distance."""
    callers: dict[str, set[str]] = {}
    for macro in manifest.macros.values():
        for called in macro.depends_on.macros:
            callers.setdefault(called, set()).add(macro.unique_id)
    start = [unique_id for unique_id in manifest.macros if unique_id.endswith(f".{name}")]
    return _closure(start, lambda unique_id: callers.get(unique_id, set()))


def _closure(start: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    found = set(start)
    waiting = deque(found)
    while waiting:
        for name in following(waiting.popleft()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
