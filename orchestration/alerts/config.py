"""What `alerts.toml` may say: sinks, which crossings each wants, and limits; every mistake in it at once.

Secrets are not in the file but in environment variables that it names; values that may hold one are never shown. How
things are sent is in `sinks`.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from orchestration.alerts.published import Crossing

_MAY_HOLD_A_SECRET = ("url", "url_env", "secret_env")
_SHOWN_CHARACTERS = 60


class ConfigError(Exception):
    """A configuration that cannot be used; `errors` has a line `file: place: what; valid: …` per mistake."""

    def __init__(self, errors: list[str]) -> None:
        """`errors`: at least one."""
        super().__init__("\n".join(errors))
        self.errors = errors


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
EnvironmentVariable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Some = Field(default=None, min_length=1)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Sink(_Table):
    """Which crossings a sink wants: those that pass every filter that is given."""

    entities: Annotated[list[Literal["contact", "account"]] | None, Some] = Field(
        default=None, description="a list of contact and account"
    )
    threshold_ids: Annotated[list[str] | None, Some] = Field(
        default=None, description="a list of ids of the rule book's thresholds"
    )
    directions: Annotated[list[Literal["up", "down"]] | None, Some] = Field(
        default=None, description="a list of up and down"
    )
    causes: Annotated[list[Literal["rules", "reset", "activity", "adjustment", "profile", "decay"]] | None, Some] = (
        Field(default=None, description="a list of rules, reset, activity, adjustment, profile and decay")
    )
    actions: Annotated[list[str] | None, Some] = Field(
        default=None, description="a list of actions of the rule book's thresholds"
    )

    def wants(self, crossing: Crossing) -> bool:
        """Whether a crossing passes the filters."""
        return all(
            wanted is None or value in wanted
            for wanted, value in (
                (self.entities, crossing.entity),
                (self.threshold_ids, crossing.threshold_id),
                (self.directions, crossing.direction),
                (self.causes, crossing.cause),
                (self.actions, crossing.action),
            )
        )


class _HttpSink(_Sink):
    timeout_seconds: float = Field(
        default=10, ge=1, le=20, allow_inf_nan=False, description="seconds from 1 to 20 for a whole attempt"
    )
    max_per_run: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="a number from 1 to 10000; of more at once, a summary is sent",
    )
    run_failures: bool = Field(default=True, description="true or false: whether runs that failed are told too")


class WebhookSink(_HttpSink):
    """A receiver of signed JSON."""

    type: Literal["webhook"]
    url: str | None = Field(default=None, description="an http or https URL without user and password")
    url_env: EnvironmentVariable | None = Field(
        default=None,
        description="the name of an environment variable that holds a URL that is itself a secret",
    )
    secret_env: EnvironmentVariable = Field(
        description="the name of an environment variable that holds the secret for signatures"
    )

    @field_validator("url")
    @classmethod
    def _is_plain_url(cls, value: str | None) -> str | None:
        if value is not None and not is_url(value):
            raise ValueError("is no such URL")
        return value

    @model_validator(mode="after")
    def _has_one_url(self) -> WebhookSink:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("has both url and url_env, or neither; valid: exactly one of them")
        return self


class SlackSink(_HttpSink):
    """An incoming webhook of Slack, or of something that takes its format. Its URL is a secret."""

    type: Literal["slack"]
    url_env: EnvironmentVariable = Field(description="the name of an environment variable that holds the webhook's URL")


class CsvSink(_Sink):
    """A file that gets a row per crossing. It cannot be flooded, so that nothing is summed up."""

    type: Literal["csv"]
    path: str = Field(min_length=1, description="a path; a relative one counts from the folder of this file")
    run_failures: bool = Field(default=False, description="true or false: whether runs that failed are told too")

    @field_validator("path")
    @classmethod
    def _is_absolute(cls, value: str, info: ValidationInfo) -> str:
        return str((info.context or {})["folder"] / value)


HttpSink = WebhookSink | SlackSink
Sink = WebhookSink | SlackSink | CsvSink
SINK_TYPES: dict[str, type[_Sink]] = {"webhook": WebhookSink, "slack": SlackSink, "csv": CsvSink}


class AlertsConfig(_Table):
    """Where alerts go, by name of the sink, and which days are still news."""

    max_age_days: int = Field(
        default=7, ge=0, le=3660, description="a number of days from 0 to 3660, counted back from the latest day"
    )
    include_backfill: bool = Field(
        default=False, description="true or false: whether days before those that were sent are news too"
    )
    sinks: dict[Name, Annotated[Sink, Field(discriminator="type")]] = Field(
        min_length=1, description="at least one table such as [sinks.sales], named in lower case, digits, _ and -"
    )


def is_url(text: str) -> bool:
    """Whether a text is an http or https URL without user and password."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises ValueError if it is none
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def load_config(file: Path) -> AlertsConfig:
    """What a file says. Raises ConfigError with every mistake in it."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{file}: is not UTF-8 text"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file}: is not TOML: {error}"]) from None
    try:
        return AlertsConfig.model_validate(content, context={"folder": file.absolute().parent})
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise ConfigError([f"{file.name}: {line}" for line in _lines(details, content)]) from None


def _lines(details: list[ErrorDetails], content: Mapping[str, Any]) -> Iterator[str]:
    """One line per mistake; the members of a list are one place."""
    yield from dict.fromkeys(_line(detail, content) for detail in details)


def _line(detail: ErrorDetails, content: Mapping[str, Any]) -> str:
    table, place = _place(detail["loc"])
    where = ".".join(place)
    fields = table.model_fields if table else {}
    key = place[-1] if place else ""
    match detail["type"]:
        case "extra_forbidden":
            near = get_close_matches(key, fields, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            return f"{where}: is no key here; valid: {', '.join(fields)}{hint}"
        case "union_tag_invalid" | "union_tag_not_found":
            return f"{where}.type: {_shown(content, [*place, 'type'])}; valid: {', '.join(SINK_TYPES)}"
    if key in fields:
        return f"{where}: {_shown(content, place)}; valid: {fields[key].description}"
    if detail["type"] == "value_error":
        return f"{where}: {detail['msg'].removeprefix('Value error, ')}"
    return f"{where}: is not valid; valid: {AlertsConfig.model_fields['sinks'].description}"


def _place(loc: tuple[int | str, ...]) -> tuple[type[BaseModel] | None, list[str]]:
    """The table that an error is in and its dotted place, without positions in lists and the type that was chosen."""
    names = [part for part in loc if isinstance(part, str)]
    if len(names) < 2 or names[0] != "sinks":
        return AlertsConfig, names
    if len(names) == 2 or names[2] not in SINK_TYPES:
        return None, names[:2]
    return SINK_TYPES[names[2]], [*names[:2], *names[3:4]]


def _shown(content: Mapping[str, Any], place: list[str]) -> str:
    value: Any = content
    for name in place:
        if not isinstance(value, dict) or name not in value:
            return "is missing"
        value = value[name]
    if place[-1] in _MAY_HOLD_A_SECRET:
        return "is not valid"
    text = ascii(value)
    return f"{text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + '…'} is not valid"
