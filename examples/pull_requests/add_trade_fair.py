"""Adds ten people met at a trade fair in Copenhagen to the sample world: `python add_trade_fair.py raw`.

For docs/pull-requests.md, whose fifth example needs Danish titles; the sample world has none.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

MET_AT = "2026-06-29 16:00:00"
PEOPLE = {
    "mette.sorensen": ("Mette Sørensen", "Adm. direktør"),
    "lars.holm": ("Lars Holm", "Økonomidirektør"),
    "anne.kjar": ("Anne Kjær", "Salgschef"),
    "peter.friis": ("Peter Friis", "IT-direktør"),
    "sofie.lund": ("Sofie Lund", "Indkøbschef"),
    "jens.bruun": ("Jens Bruun", "Projektleder"),
    "camilla.dahl": ("Camilla Dahl", "Studentermedhjælper"),
    "niels.vang": ("Niels Vang", "Ejer"),
    "ida.thorsen": ("Ida Thorsen", "Direktionssekretær"),
    "rasmus.krogh": ("Rasmus Krogh", "Konsulent"),
}


def add_people(contacts: Path) -> None:
    """Append them to a Parquet file of raw contacts."""
    with duckdb.connect() as connection:
        connection.execute("create table raw as from read_parquet(?)", [str(contacts)])
        connection.executemany(
            "insert into raw (contact_id, email, full_name, job_title, country, created_at, updated_at)"
            " values (?, ?, ?, ?, 'DK', ?, ?)",
            [
                (f"fair_{number:03}", f"{mailbox}@nordhavn-vind.example", name, title, MET_AT, MET_AT)
                for number, (mailbox, (name, title)) in enumerate(PEOPLE.items(), 1)
            ],
        )
        connection.table("raw").write_parquet(str(contacts))


if __name__ == "__main__":
    add_people(Path(sys.argv[1]) / "contacts.parquet")
