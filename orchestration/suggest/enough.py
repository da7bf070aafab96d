"""Whether there are data enough, by the rule of ten events per variable.

Peduzzi, Concato, Kemper, Holford, Feinstein: A simulation study of the number of events per variable in logistic
regression analysis. Journal of Clinical Epidemiology 49 (1996), 1373-1379. An event is a person who converts, not an
observation of one: a person seen before the same conversion on thirteen days is no thirteen people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestration.suggest.errors import TooFewDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestration.suggest.exposure import Exposure

EVENTS_PER_VARIABLE = 10
ALWAYS = 2
"""Variables that are fitted beside the rules: fit, and the points that are not looked at."""


@dataclass(frozen=True)
class RuleCount:
    """People a rule hit on some judged day, those hit before a conversion, and those who never were."""

    rule: int
    people: int
    converting: int
    others: int

    @property
    def is_enough(self) -> bool:
        """Whether both kinds are seen often enough."""
        return min(self.converting, self.others) >= EVENTS_PER_VARIABLE


@dataclass(frozen=True)
class Enough:
    """Rules that can be learnt, most seen before conversions first; `crowded_out`: those for which only events lack."""

    learnt: tuple[int, ...]
    crowded_out: tuple[int, ...]
    counts: tuple[RuleCount, ...]
    converting_contacts: int


def enough_of(exposure: Exposure, converted: NDArray[np.bool_]) -> Enough:
    """What can be learnt; `converted`: on the days that are learnt from. Raises TooFewDataError if it is nothing."""
    everywhere = np.ones(len(exposure), dtype=bool)
    counts = []
    for number in range(len(exposure.rules)):
        people = exposure.people_hit(number, everywhere)
        converting = exposure.people_hit(number, converted)
        counts.append(RuleCount(number, len(people), len(converting), len(np.setdiff1d(people, converting))))
    events = len(np.unique(exposure.contact[converted]))
    room = events // EVENTS_PER_VARIABLE - ALWAYS
    candidates = [
        count
        for count in counts
        if count.is_enough and exposure.rules[count.rule].group is not None and exposure.rules[count.rule].points
    ]
    candidates.sort(key=lambda count: (-count.converting, count.rule))
    if room < 1:
        raise TooFewDataError(
            f"{events} people converted after the days that can be learnt from. It takes {EVENTS_PER_VARIABLE} for "
            f"each number that is learnt (Peduzzi et al. 1996): {EVENTS_PER_VARIABLE * (ALWAYS + 1)} for a single "
            f"rule, {EVENTS_PER_VARIABLE * (ALWAYS + max(len(candidates), 1))} for every rule that hit often enough. "
            "Nothing is proposed; a longer period, if there is one, has more."
        )
    if not candidates:
        raise TooFewDataError(
            f"No rule hit {EVENTS_PER_VARIABLE} people before a conversion and {EVENTS_PER_VARIABLE} others, which is "
            f"the least to learn its points from (Peduzzi et al. 1996). After the days that can be learnt from "
            f"{events} people converted. Nothing is proposed."
        )
    return Enough(
        tuple(count.rule for count in candidates[:room]),
        tuple(count.rule for count in candidates[room:]),
        tuple(counts),
        events,
    )
