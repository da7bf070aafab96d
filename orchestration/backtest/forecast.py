"""The score read as a chance to convert: learnt on earlier days, tried on later ones, never on the same.

A score is in points, not in percent; what a score means as a chance is learnt by an isotonic fit, which keeps the
order and nothing else. Days to learn from are those whose horizon was over when the first day of the trial began.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from orchestration.backtest.content import Forecast
from orchestration.backtest.resampling import RESAMPLES, draws, estimate_of

if TYPE_CHECKING:
    from orchestration.backtest.days import Days
    from orchestration.backtest.observations import Flags, Floats, Population

_BINS = 10
_LEAST_CONVERSIONS = 10


def forecast_of(
    population: Population, score: Floats, is_converted: Flags, days: Days, resamples: int = RESAMPLES
) -> Forecast | None:
    """How good the score is as a chance; None where no day could be learnt from, or too few conversions were seen."""
    first_closed = days.judged[0] + timedelta(days=days.horizon_days)
    usable = [number for number, day in enumerate(days.judged) if day >= first_closed]
    if not usable:
        return None
    # The trial begins as late as leaves half of the usable days to it, so that there are more days to learn from.
    first_trial = usable[len(usable) // 2]
    tried_from = days.judged[first_trial]
    to_learn = [number for number, day in enumerate(days.judged) if (tried_from - day).days >= days.horizon_days]
    learn, trial = population.day <= to_learn[-1], population.day >= first_trial
    if min(is_converted[learn].sum(), is_converted[trial].sum()) < _LEAST_CONVERSIONS or is_converted[learn].all():
        return None
    chance_of = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    chance_of.fit(score[learn], is_converted[learn].astype(float))
    chance: Floats = chance_of.predict(score[trial])
    came = is_converted[trial].astype(float)
    squared, who = (chance - came) ** 2, population.contact[trial]
    sums = np.bincount(who, weights=squared, minlength=population.contacts)
    counts = np.bincount(who, minlength=population.contacts).astype(float)
    drawn = np.array([weight @ sums / max(weight @ counts, 1.0) for weight in draws(population.contacts, resamples)])
    brier = float(brier_score_loss(came, chance))
    rate = float(is_converted[learn].mean())
    observed, said = calibration_curve(came, chance, n_bins=_BINS, strategy="quantile")
    return Forecast(
        learnt_until=days.judged[to_learn[-1]],
        tried_from=tried_from,
        observations=int(trial.sum()),
        brier=estimate_of(brier, drawn),
        brier_of_rate=float(brier_score_loss(came, np.full(len(came), rate))),
        bins=tuple(zip(map(float, said), map(float, observed), strict=True)),
    )
