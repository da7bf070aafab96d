"""Forgetting a person: who it is (`person`), what is remembered of the request (`tombstones`), its raw rows
(`raw_rows`), and what is left to do once a run has published without the person (`erasure`, in Dagster `assets`).

How rows are left out of a run is the business of dbt's macros (`dbt_project/macros/raw/forgotten.sql`).
"""
