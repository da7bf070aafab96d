"""What tests of this folder share: servers of their own. Worlds and warehouses are in `tests/conftest.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.postgres_server import postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[dict[str, Any]]:
    """A PostgreSQL server: what psycopg.connect() takes."""
    with postgres_server() as where:
        yield where
