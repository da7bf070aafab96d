"""The sample world: raw tables of an invented company, for trying out, testing and measuring the warehouse.

Here is only the name that others import. What the world looks like stands in `sql/` and `vocabulary/`.
"""

from orchestration.sample.world import RAW_TABLES, write_sample

__all__ = ["RAW_TABLES", "write_sample"]
