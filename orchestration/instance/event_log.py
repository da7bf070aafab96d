"""Dagster's record of events in SQLite, kept open: the same files, which the web interface and any Dagster tool read.

Which instance uses it stands in the YAML files beside this one. What is recorded is Dagster's business.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dagster._serdes import ConfigurableClassData

_BUSY_SECONDS = 30
_KEPT_OPEN = 4


class OpenSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's own storage, but for the connections.

    Dagster makes an engine and a connection per event and file: nothing compiled is used again, and each close moves
    the write-ahead log into the file. A run of ours writes a thousand events, and that was a third of its time.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """`base_dir`: the folder of the SQLite files, as Dagster lays them out."""
        self._engines: dict[str, sqlalchemy.Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> OpenSqliteEventLogStorage:
        """What Dagster calls with the `config` of the YAML file."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        """A transaction on the file of a run, or on the index of all runs; one at a time, as in Dagster's own."""
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def delete_events(self, run_id: str) -> None:
        """Forget a run's events, and remove its file, which Dagster would leave behind."""
        super().delete_events(run_id)
        if engine := self._engines.pop(run_id, None):
            engine.dispose()
        self._initialized_dbs.discard(run_id)
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.path_for_shard(run_id)}{ending}").unlink(missing_ok=True)

    def dispose(self) -> None:
        """Close the files."""
        super().dispose()
        while self._engines:
            self._engines.popitem()[1].dispose()

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        """The engine of a file, with the one connection that it keeps; of the files, those used last stay open."""
        engine = self._engines.pop(shard, None) or self._new_engine(shard)
        self._engines[shard] = engine
        if len(self._engines) > _KEPT_OPEN:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def _new_engine(self, shard: str) -> sqlalchemy.Engine:
        engine = sqlalchemy.create_engine(
            self.conn_string_for_shard(shard),
            poolclass=sqlalchemy.StaticPool,
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )
        # A killed process loses nothing; a power cut at worst the last events, never the file. Dagster waits for the
        # disk twice per event.
        sqlalchemy.event.listen(engine, "connect", _sync_at_checkpoints)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine


def _sync_at_checkpoints(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
