"""A real PostgreSQL for tests, started on a free port of loopback and stopped again.

Without a server (Debian: `apt-get install postgresql`) tests that need it are skipped, which says so.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "p@ss:w/rd?"  # noqa: S105 - of a server that lives for a test


def server_programs() -> Path | None:
    """The folder of initdb and pg_ctl: on the path, else where Debian puts the newest."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def postgres_server() -> Iterator[dict[str, Any]]:
    """A server of its own in a temporary folder, as user postgres where we are root, whom it refuses:
    what psycopg.connect() takes. Skips the test where there is no server to start.
    """
    programs = server_programs()
    if not programs:
        pytest.skip("needs a PostgreSQL server: apt-get install postgresql")
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Not pytest's own folder, which other users may not enter.
    with TemporaryDirectory(prefix="postgres-") as folder:

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", "data", *arguments]
            subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)

        Path(folder, "password").write_text(PASSWORD, encoding="utf-8")
        if as_user:
            shutil.chown(folder, "postgres", "postgres")
        run("initdb", "-U", "owner", "--pwfile", "password", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        run("pg_ctl", "-l", "log", "-w", "-t", "120", "-o", options, "start")
        try:
            yield {"host": "127.0.0.1", "port": port, "user": "owner", "password": PASSWORD, "dbname": "postgres"}
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


def url_of(where: dict[str, Any]) -> str:
    """The URL of a database, with whatever is in the password."""
    password = "".join(f"%{ord(letter):02x}" for letter in where["password"])
    return f"postgresql://{where['user']}:{password}@{where['host']}:{where['port']}/{where['dbname']}"
