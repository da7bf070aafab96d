"""`impact.toml`: how much a change of the rule book may move before somebody must say so.

A limit that is passed fails the command, unless the pull request accepts it with a reason. What is measured is in
`content`.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.impact.content import Limit, Verdict
from orchestration.impact.errors import ImpactError

if TYPE_CHECKING:
    from pathlib import Path

    from orchestration.impact.content import Impact

ACCEPTANCE = "Impact-accepted"
"""What a line of a pull request's text begins with that accepts an impact; behind a colon stands the reason."""

_ACCEPTED = re.compile(rf"^\s*{ACCEPTANCE}:[^\S\n]*(\S.*?)\s*$", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)

Share = Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[int | None, Field(ge=0)]


class Policy(BaseModel):
    """The most that may change; what is not given has no limit. Shares are from 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    contact_grade_changes_share: Share = Field(default=None, description="share of contacts with another grade")
    account_grade_changes_share: Share = Field(default=None, description="share of accounts with another grade")
    newly_qualified: Number = Field(default=None, description="contacts that become qualified")
    no_longer_qualified: Number = Field(default=None, description="contacts that stop being qualified")
    no_longer_qualified_share: Share = Field(
        default=None, description="share of the qualified contacts that stop being so"
    )
    newly_excluded: Number = Field(default=None, description="contacts that become excluded")
    crossings: Number = Field(default=None, description="threshold crossings of the next run")
    alerts: Number = Field(default=None, description="alerts of the next run")


def load_policy(file: Path) -> Policy:
    """What the file says. Raises ImpactError with every mistake in it."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ImpactError(f"{file}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ImpactError(f"{file.name}: is not TOML: {error}") from error
    names = tuple(Policy.model_fields)
    limits = content.pop("limits", {})
    mistakes = [f"{file.name}: {name}: is no key here; valid: a table [limits]" for name in content]
    if not isinstance(limits, dict):
        raise ImpactError("\n".join([*mistakes, f"{file.name}: limits: is no table; valid: [limits]"]))
    policy = None
    try:
        policy = Policy.model_validate(limits)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            key = str(detail["loc"][0])
            if detail["type"] == "extra_forbidden":
                near = get_close_matches(key, names, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                mistakes.append(f"{file.name}: limits.{key}: is no limit; valid: {', '.join(names)}{hint}")
            else:
                valid = "a share from 0 to 1" if key.endswith("_share") else "a whole number of at least 0"
                mistakes.append(f"{file.name}: limits.{key}: {limits[key]!r} is not valid; valid: {valid}")
    if policy is None or mistakes:
        raise ImpactError("\n".join(mistakes))
    return policy


def accepted_in(pull_request: str) -> str:
    """The reason given in the text of a pull request, empty if there is none. Comments of a template do not count."""
    found = _ACCEPTED.search(_COMMENT.sub("", pull_request.replace("\r\n", "\n")))
    return found.group(1) if found else ""


def judge(impact: Impact, policy: Policy, name: str, accepted: str) -> Verdict:
    """Which limits the impact passes. `name`: that of the file; `accepted`: the reason, empty: none."""
    headline, next_run = impact.headline, impact.next_run
    measured: dict[str, float | None] = {
        "contact_grade_changes_share": _share(headline.contacts_with_other_grade, headline.contacts),
        "account_grade_changes_share": _share(headline.accounts_with_other_grade, headline.accounts),
        "newly_qualified": headline.newly_qualified,
        "no_longer_qualified": headline.no_longer_qualified,
        "no_longer_qualified_share": _share(headline.no_longer_qualified, headline.qualified_before),
        "newly_excluded": headline.newly_excluded,
        "crossings": next_run.count if next_run else None,
        "alerts": next_run.messages if next_run and next_run.alerts is not None else None,
    }
    limits = []
    for key, limit in policy.model_dump(exclude_none=True).items():
        value = measured[key]
        if value is None:
            # A limit that cannot be checked is not one that is kept.
            raise ImpactError(f"{name}: limits.{key} cannot be checked: {_unmeasured(key, impact)}")
        limits.append(Limit(Policy.model_fields[key].description or key, limit, value, key.endswith("_share")))
    return Verdict(tuple(limits), accepted, name)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _unmeasured(key: str, impact: Impact) -> str:
    if impact.next_run is None:
        return "the next run was not looked at (--no-next-run)"
    if impact.next_run.alerts_error:
        return impact.next_run.alerts_error
    return "there is no alerts.toml" if key == "alerts" else "it was not measured"
