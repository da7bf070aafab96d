"""Who an id stands for: identities, merges and merge cycles (step 3).

Belongs here: ids. Does not: whether a contact of that id exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import values

if TYPE_CHECKING:
    from .raw import Row


class People:
    """Resolves contact ids and anonymous ids to surviving contact ids, for all history."""

    def __init__(self, identities: list[Row], merges: list[Row]) -> None:
        """Take the accepted rows of `identities` and `contact_merges`."""
        # the winner is written last
        weakest_first = sorted(identities, key=lambda row: (row["identified_at"], row["contact_id"]), reverse=True)
        self._contact_of = {row["anonymous_id"]: row["contact_id"] for row in weakest_first}
        lowest_last = sorted(merges, key=lambda row: values.order(row["surviving_contact_id"]), reverse=True)
        latest_last = sorted(lowest_last, key=lambda row: values.order(row["merged_at"]))
        self._merged_into = {row["merged_contact_id"]: row["surviving_contact_id"] for row in latest_last}

    def survivor(self, contact_id: str) -> str:
        """The contact that an id was merged into, transitively; itself on or leading into a merge cycle."""
        passed = [contact_id]
        while (target := self._merged_into.get(passed[-1])) is not None:
            if target in passed:
                return contact_id
            passed.append(target)
        return passed[-1]

    def resolve(self, contact_id: str | None, anonymous_id: str | None) -> str | None:
        """The surviving contact id behind the two ids of an event, null while the anonymous id is unknown."""
        given = contact_id if contact_id is not None else self._contact_of.get(anonymous_id)
        return None if given is None else self.survivor(given)
