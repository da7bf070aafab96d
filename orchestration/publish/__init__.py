"""From the warehouse that builds write to where readers are: a build is written, audited, then published.

A module each: which tables (`tables`), what the checks of a run say (`verdict`), the record of publications
(`record`), which rows have changed (`fingerprints`, `contents`), the DuckDB file (`snapshot`), what follows it
(`parquet`, `postgres`), and all of it in Dagster (`assets`). What is in the tables is dbt's business.
"""
