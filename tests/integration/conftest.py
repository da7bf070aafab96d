"""What tests of this folder share: servers of their own. Worlds and warehouses are in `tests/conftest.py`."""

from __future__ import annotations

from tests.integration.postgres_server import server

__all__ = ["server"]
