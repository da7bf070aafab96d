"""Alerts: threshold crossings, and runs that failed, told to other systems once.

`config` is what `alerts.toml` may say, `published` reads the crossings, `messages` words them, `enqueue` decides which
are sent, `outbox` remembers them, `delivery` sends what is due through `sinks`, `service` does it all for one
installation, and `assets` has Dagster do it. Scores and thresholds are the models' business.
"""
