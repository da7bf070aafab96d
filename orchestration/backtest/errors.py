"""The one error of this package."""

from __future__ import annotations


class BacktestError(Exception):
    """The past cannot be judged: what is in the way and what to do about it, in a sentence or two."""
