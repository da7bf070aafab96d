"""Import the dashboard into Superset, reading the published DuckDB file or PostgreSQL. Run it with Superset's Python.

Importing again replaces the dashboard, its charts, datasets and connection: after an update, or to change the database.
The connection's password never stands in a command line or in a file that stays; Superset keeps it encrypted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlencode

import yaml

EXPORT = Path(__file__).with_name("dashboard")
DATABASE = Path("databases", "lead_scoring.yaml")
READER_URL_ENV = "LEAD_SCORING_READER_URL"
# Readers write nothing, and no query reads another file of the machine or takes these settings back.
DUCKDB_OPTIONS = {"access_mode": "read_only", "enable_external_access": "false", "lock_configuration": "true"}


def duckdb_url(snapshot: Path) -> str:
    """SQLAlchemy's URL of a published DuckDB file. The name stays a link, to be followed anew by each query."""
    return f"duckdb:///{quote(str(snapshot.absolute()))}?{urlencode(DUCKDB_OPTIONS)}"


def import_dashboard(url: str) -> int:
    """Import the export with this database; returns Superset's exit code."""
    with TemporaryDirectory() as temporary:
        folder = Path(shutil.copytree(EXPORT, Path(temporary, "dashboard")))
        database = yaml.safe_load((EXPORT / DATABASE).read_text(encoding="utf-8"))
        text = yaml.safe_dump(database | {"sqlalchemy_uri": url}, sort_keys=False)
        (folder / DATABASE).write_text(text, encoding="utf-8")
        superset = Path(sys.executable).with_name("superset")
        # Not `import-dashboards`: it replaces the dashboard, but leaves charts, datasets and databases that exist.
        return subprocess.run([superset, "import-directory", "--overwrite", folder], check=False).returncode  # noqa: S603


def main() -> int:
    """Parse the command line and import."""
    parser = argparse.ArgumentParser(description="Import the dashboard into Superset.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--duckdb", type=Path, metavar="FILE", help="the published file, lead_scoring.duckdb")
    source.add_argument("--postgres", action="store_true", help=f"PostgreSQL; its URL is in {READER_URL_ENV}")
    given = parser.parse_args()
    if given.duckdb:
        if not given.duckdb.is_file():
            parser.error(f"there is no file {given.duckdb}: has a build published?")
        return import_dashboard(duckdb_url(given.duckdb))
    url = os.environ.get(READER_URL_ENV, "")
    if not url.startswith("postgresql://"):
        parser.error(f"set {READER_URL_ENV} to postgresql://reader:password@host:5432/database")
    return import_dashboard(url)


if __name__ == "__main__":
    sys.exit(main())
