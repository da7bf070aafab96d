"""Baseline (c): the scores of the single pass in polars, lazily and on its streaming engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from benchmarks.baselines.regex import exception_regex, fitting_regex

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

_SIGNATURE = ["event_type", "object", "category"]


def write_scores(raw_dir: Path, seeds_dir: Path, as_of: date, scores_file: Path) -> None:
    """Write the scores as of `as_of` to `scores_file`."""
    events = pl.scan_parquet(raw_dir / "events.parquet").filter(pl.col("occurred_at").dt.date() <= as_of)
    signatures = events.select(_SIGNATURE).unique().collect(engine="streaming")
    scores = _seed(seeds_dir, "scores").row(by_predicate=pl.col("score_id") == "activity", named=True)
    age_days = (pl.lit(as_of) - pl.col("occurred_at").dt.date()).dt.total_days()
    owner = pl.coalesce("contact_id", "anonymous_id")
    (
        events.join(_signature_rules(signatures, seeds_dir).lazy(), on=_SIGNATURE, nulls_equal=True)
        .filter(pl.col("value").fill_null(0).is_between("min_value", "max_value"))
        .with_columns(owner.alias("id"), (pl.col("points") * _decay_factor(age_days)).alias("decayed"))
        .join(_owners(raw_dir).lazy(), on="id", how="left")
        .select(pl.coalesce("owner_id", "contact_id").alias("contact_id"), "decayed")
        .filter(pl.col("contact_id").is_not_null())
        .group_by("contact_id")
        .agg(pl.col("decayed").sum().clip(float(scores["floor"]), float(scores["ceiling"])).alias("activity_score"))
        .sink_parquet(scores_file, engine="streaming")
    )


def _decay_factor(age_days: pl.Expr) -> pl.Expr:
    share = age_days / pl.col("decay_days")
    decay = pl.col("decay")
    return (
        pl.when(decay == "half_life")
        .then((-share * 0.6931471805599453).exp())
        .when(decay == "linear")
        .then((1 - share).clip(0))
        .when(decay == "window")
        .then((share < 1).cast(pl.Float64))
        .otherwise(1.0)
    )


def _seed(seeds_dir: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(seeds_dir / f"{name}.csv", infer_schema=False)


def _signature_rules(signatures: pl.DataFrame, seeds_dir: Path) -> pl.DataFrame:
    """The rules that events of each signature hit."""
    address = pl.col("name").str.replace(r"[?#].*$", "").str.strip_chars_end("/")
    path = address.str.replace(r"^https?://[^/]*", "")
    is_page = pl.col("name").str.contains(r"^(/|https?://)")
    cleaned = signatures.with_columns(
        pl.col("event_type").str.strip_chars().str.to_lowercase().alias("type_name"),
        pl.col("object").str.strip_chars().str.to_lowercase().alias("name"),
        pl.col("category").str.strip_chars().str.to_lowercase().alias("own_category"),
    ).with_columns(
        pl.when(is_page).then(pl.when(path == "").then(pl.lit("/")).otherwise(path)).otherwise("name").alias("content")
    )
    rules = (
        _seed(seeds_dir, "point_rules")
        .filter(pl.col("enabled").fill_null("true") != "false")
        .join(_seed(seeds_dir, "score_groups").filter(pl.col("score_id") == "activity"), on="group_id", how="semi")
        .select(
            pl.col("event_type").str.to_lowercase().alias("type_name"),
            "object_pattern",
            pl.col("category").str.to_lowercase().alias("rule_category"),
            pl.col("min_value").cast(pl.Float64).fill_null(float("-inf")),
            pl.col("max_value").cast(pl.Float64).fill_null(float("inf")),
            pl.col("points").cast(pl.Float64),
            "decay",
            pl.col("decay_days").cast(pl.Float64),
        )
    )
    matches = _matches(cleaned, rules["object_pattern"].drop_nulls().unique().to_list(), "object_pattern")
    return (
        cleaned.join(_categories(cleaned, seeds_dir), on=["type_name", "content"], how="left", nulls_equal=True)
        .join(rules, on="type_name")
        .join(matches.with_columns(fits=True), on=["content", "object_pattern"], how="left")
        .filter(pl.col("object_pattern").is_null() | pl.col("fits"))
        .filter(
            pl.col("rule_category").is_null()
            | (pl.col("rule_category") == pl.coalesce("own_category", "mapped_category"))
        )
        .select(*_SIGNATURE, "min_value", "max_value", "points", "decay", "decay_days")
    )


def _categories(cleaned: pl.DataFrame, seeds_dir: Path) -> pl.DataFrame:
    """The category that the content map gives each (type_name, content) it has an entry for."""
    entries = (
        _seed(seeds_dir, "content_map")
        .filter(pl.col("category").is_not_null())
        .select(
            pl.col("event_type").str.to_lowercase().alias("map_type"),
            pl.col("object_pattern").str.to_lowercase(),
            pl.col("category").str.to_lowercase().alias("mapped_category"),
            pl.col("priority").cast(pl.Float64).fill_null(float("inf")),
        )
    )
    return (
        cleaned.select("type_name", "content")
        .unique()
        .join(_matches(cleaned, entries["object_pattern"].unique().to_list(), "object_pattern"), on="content")
        .join(entries, on="object_pattern")
        .filter(pl.col("map_type").is_null() | (pl.col("map_type") == pl.col("type_name")))
        .sort(
            "priority",
            -pl.col("object_pattern").str.len_chars().cast(pl.Int64),
            "object_pattern",
            "map_type",
            nulls_last=True,
        )
        .unique(["type_name", "content"], keep="first")
        .select("type_name", "content", "mapped_category")
    )


def _matches(cleaned: pl.DataFrame, patterns: list[str], name: str) -> pl.DataFrame:
    """The pairs of content and pattern that fit."""
    contents = cleaned.select("content").drop_nulls().unique()
    content = pl.col("content")
    fitting = []
    for pattern in patterns:
        fits = content.str.contains(fitting_regex(pattern))
        if exception := exception_regex(pattern):
            fits &= ~content.str.contains(exception)
        fitting.append(contents.filter(fits).with_columns(pl.lit(pattern).alias(name)))
    return pl.concat([contents.clear().with_columns(pl.lit("").alias(name)), *fitting])


def _owners(raw_dir: Path) -> pl.DataFrame:
    """Who an id of an event stands for: a cookie for its contact, a merged contact for its survivor."""
    merges = (
        pl.read_parquet(raw_dir / "contact_merges.parquet")
        .drop_nulls("surviving_contact_id")
        .sort("merged_at", descending=True)
        .unique("merged_contact_id", keep="first", maintain_order=True)
    )
    step = dict(zip(merges["merged_contact_id"], merges["surviving_contact_id"], strict=True))
    survivors = {merged: _end_of_chain(step, merged) for merged in step}
    identities = (
        pl.read_parquet(raw_dir / "identities.parquet")
        .drop_nulls("contact_id")
        .sort("identified_at", "contact_id")
        .unique("anonymous_id", keep="first", maintain_order=True)
    )
    owners = {
        **{
            cookie: survivors.get(contact, contact)
            for cookie, contact in zip(identities["anonymous_id"], identities["contact_id"], strict=True)
        },
        **survivors,
    }
    return pl.DataFrame(
        {"id": list(owners), "owner_id": list(owners.values())}, schema={"id": pl.String, "owner_id": pl.String}
    )


def _end_of_chain(step: dict[str, str], start: str) -> str:
    while start in step:
        start = step[start]
    return start
