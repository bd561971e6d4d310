"""The database under the store: opened, tuned, brought up to date, and made smaller again."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError

from nn.errors import UserError
from nn.runs.store import schema

WAIT = 5.0  # seconds for another process that writes
PORTION = 250  # pages given back at once: between two portions others may write


def open_engine(url: str) -> Engine:
    """With all tables of this version. Raises UserError for a newer one, SQLAlchemyError."""
    engine = create_engine(url)
    if is_sqlite(engine):
        event.listen(engine, "connect", _tune_sqlite)
    found = _version(engine) if inspect(engine).has_table("about") else 0
    if found < schema.SCHEMA_VERSION:
        with engine.begin() as connection:
            if is_sqlite(engine):  # one at a time, the rest wait
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            _bring_up_to_date(connection)
        if found and is_sqlite(engine):
            _let_it_shrink(engine)
        found = _version(engine)
    if found > schema.SCHEMA_VERSION:
        raise UserError(
            f"The store was written by a newer Digitscope (schema {found}; this one knows "
            f"{schema.SCHEMA_VERSION}). Update Digitscope, or set DIGITSCOPE_HOME elsewhere."
        )
    return engine


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def be_patient(connection: Connection, wait: float) -> None:
    """Let the connection wait for so many seconds when another process writes."""
    if is_sqlite(connection.engine):
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(1000 * wait)}")


def _version(engine: Engine) -> int:
    with engine.connect() as connection:
        # A store without a number is one whose creator has not finished.
        return connection.scalar(select(schema.about.c.schema_version)) or 0


def _bring_up_to_date(connection: Connection) -> None:
    schema.metadata.create_all(connection)
    found = connection.scalar(select(schema.about.c.schema_version))
    if found is None:
        connection.execute(insert(schema.about).values(schema_version=schema.SCHEMA_VERSION))
        return
    for version in range(found, schema.SCHEMA_VERSION):
        for statement in schema.MIGRATIONS[version]:
            connection.execute(text(statement))
        connection.execute(update(schema.about).values(schema_version=version + 1))


def _tune_sqlite(connection: Any, _: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={round(1000 * WAIT)}")
    connection.execute("PRAGMA foreign_keys=ON")
    # Before anything is written, so that the file of a new store can shrink again; later it would
    # wait for whoever writes.
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        connection.execute("PRAGMA page_size=16384")  # in bytes: frames are large
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    # WAL: readers never wait for the writer. NORMAL: a power cut may cost the last moments, never
    # the file. Who finds the file locked here meets another process that is just setting the same.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    # In pages. Whoever's write fills so many waits for the disk; workers avoid that, see settle.
    connection.execute("PRAGMA wal_autocheckpoint=4000")


def _let_it_shrink(engine: Engine) -> None:
    """What _tune_sqlite sets for a new file takes effect in an old one when it is rewritten.

    One that is in use, or has no room for that, stays as large as it is.
    """
    with suppress(OperationalError), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")
        connection.exec_driver_sql("VACUUM")


def is_locked(error: OperationalError) -> bool:
    """Whether it may work when tried again. Of a server's errors nobody can tell: they may."""
    code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def settle(engine: Engine) -> None:
    """Move what was written last from the log into the file; it waits for the disk."""
    if is_sqlite(engine):
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


# Size


def used(engine: Engine) -> int | None:
    """Bytes that what is recorded takes; None where a server minds its own room."""
    if not is_sqlite(engine):
        return None
    with engine.connect() as connection:
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


def reclaim(engine: Engine) -> None:
    """Give what was deleted back to the disk, as far as nobody is in the way."""
    if not is_sqlite(engine):
        return
    with suppress(OperationalError, sqlite3.OperationalError), engine.connect() as connection:
        sqlite: Any = connection.connection.driver_connection
        (free,) = sqlite.execute("PRAGMA freelist_count").fetchone()
        for _ in range(0, free, PORTION):
            sqlite.executescript(f"PRAGMA incremental_vacuum({PORTION})")
        sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
