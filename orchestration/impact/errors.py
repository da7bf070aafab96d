"""The one error of this package."""

from __future__ import annotations


class ImpactError(Exception):
    """The impact cannot be told: what is in the way and what to do about it, one finding a line."""
