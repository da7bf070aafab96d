"""Points and half-lives that would have ranked the past better, proposed with the evidence and never applied.

A module each: what every rule gave each observation (`exposure`, its queries in `sql/`), the fit (`fit`), days to learn
from and to try on (`folds`), whether there are data enough (`enough`), choosing half-lives and how far to move
(`choice`), the proposal as plain values (`content`), the CSV (`csv_file`). `service` does it all. The population, its
outcomes and what was known are those of `orchestration.backtest`. docs/backtest.md says what it assumes.
"""
