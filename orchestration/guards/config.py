"""What `guards.toml` may say: for each guard its bounds, and whether to block, to warn or to be off.

Every default is here and, with words, in examples/guards.toml. How a guard finds out is in the other modules.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class GuardsConfigError(Exception):
    """A file that cannot be used; `str` has a line `guards.toml: place: what; valid: …` per mistake."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Guard(_Table):
    """What to do when a guard finds something: fail the run, say so, or do not look."""

    on_failure: Literal["block", "warn", "off"] = Field(default="warn", description='"block", "warn" or "off"')


def _rows(default: int) -> Any:
    return Field(default=default, ge=1, strict=True, description="a number of rows from 1")


def _share(default: float) -> Any:
    return Field(default=default, ge=0, le=1, allow_inf_nan=False, description="a share from 0 to 1")


class EmptySource(Guard):
    """A raw table that had at least `min_rows` rows and has none."""

    on_failure: Literal["block", "warn", "off"] = Field(default="block", description='"block", "warn" or "off"')
    min_rows: int = _rows(1000)


class SourceVolume(Guard):
    """A raw table of at least `min_rows` rows that lost more than the share `max_drop` of them."""

    min_rows: int = _rows(1000)
    max_drop: float = _share(0.5)


class SourceAge(Guard):
    """Raw events of which the newest was loaded more than `max_hours` ago; only of today, in these environments."""

    on_failure: Literal["block", "warn", "off"] = Field(default="block", description='"block", "warn" or "off"')
    max_hours: float = Field(default=48, gt=0, allow_inf_nan=False, description="a number of hours above 0")
    environments: tuple[str, ...] = Field(default=("production",), description="a list of environments")


class RiseOfShare(Guard):
    """A share of the raw events, of which there are at least `min_events`, that rose by more than `max_rise`."""

    min_events: int = _rows(1000)
    max_rise: float = _share(0.2)


class GradeMoves(Guard):
    """More than `max_share` of at least `min_contacts` contacts have another grade than was published."""

    on_failure: Literal["block", "warn", "off"] = Field(default="block", description='"block", "warn" or "off"')
    min_contacts: int = _rows(2000)
    max_share: float = _share(0.5)


class ScoreDrift(Guard):
    """A population stability index of the lead scores above `max_index`, of at least `min_contacts` contacts."""

    min_contacts: int = _rows(2000)
    max_index: float = Field(default=0.25, gt=0, allow_inf_nan=False, description="a number above 0")


class GuardsConfig(_Table):
    """All guards. Runs whose days are more than `max_days_apart` apart are not compared."""

    max_days_apart: int = Field(default=7, ge=0, strict=True, description="a number of days from 0")
    empty_source: EmptySource = EmptySource()
    source_volume: SourceVolume = SourceVolume()
    source_age: SourceAge = SourceAge()
    machine_traffic: RiseOfShare = RiseOfShare()
    waiting_events: RiseOfShare = RiseOfShare(max_rise=0.1)
    grade_moves: GradeMoves = GradeMoves()
    score_drift: ScoreDrift = ScoreDrift()


def load_guards(file: Path | None) -> GuardsConfig:
    """What a file says, the defaults without one. Raises GuardsConfigError with every mistake in it."""
    if file is None:
        return GuardsConfig()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        defaults = GuardsConfig().model_dump()
        # What a table leaves out is as it would be without the table.
        merged = {
            name: {**defaults[name], **value} if isinstance(value, dict) and name in defaults else value
            for name, value in content.items()
        }
        return GuardsConfig.model_validate(merged)
    except OSError as error:
        raise GuardsConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GuardsConfigError(f"{file}: is not TOML: {error}") from None
    except ValidationError as error:
        places = dict.fromkeys(detail["loc"][:2] for detail in error.errors())
        raise GuardsConfigError("\n".join(f"{file.name}: {_mistake(place, content)}" for place in places)) from None


def _mistake(place: tuple[int | str, ...], content: Mapping[str, Any]) -> str:
    *tables, key = map(str, place)
    model: type[BaseModel] = GuardsConfig
    value: Any = content
    for table in tables:
        model, value = type(getattr(GuardsConfig(), table)), value[table]
    where = ".".join([*tables, key])
    if key not in model.model_fields:
        return f"{where}: is no key here; valid: {', '.join(model.model_fields)}"
    description = model.model_fields[key].description or f"a table [{key}]"
    return f"{where}: {value[key]!r} is not valid; valid: {description}"
