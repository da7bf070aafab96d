"""What came of an attempt to send."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Arrived if there is no error. Final: trying again would end the same. `retry_after`: seconds that were asked for.

    The error is for the operator; it holds no secret and no address that is one.
    """

    error: str = ""
    is_final: bool = False
    retry_after: float | None = None


ACCEPTED = Outcome()
