"""The errors of this package."""

from __future__ import annotations


class SuggestError(Exception):
    """Nothing can be proposed: what is in the way."""


class TooFewDataError(SuggestError):
    """Nothing can be proposed from so little: what is there and how much is needed."""
