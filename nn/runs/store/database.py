"""The database under the store: opened, tuned, brought up to date, and made smaller again."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    create_engine,
    event,
    func,
    insert,
    inspect,
    literal,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError

from nn.errors import UserError
from nn.runs.store import clock, outage, schema
from nn.runs.store.queue import LEASE_SECONDS

LOCK_WAIT = 5.0  # seconds to wait for another process that writes
MIGRATION_WAIT = 600.0  # seconds to wait for another process that migrates: it copies the store
VACUUM_PAGES = 250  # pages returned to the disk at once; others may write in between
FULL_DISK_PAGES = 16  # likewise on a full disk: first they are copied to the log
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
IDLE_WAIT = 3.0  # seconds: shorter than LOCK_WAIT, so that whoever waits goes on
CREATION = 784  # the number of the lock of whoever creates the tables
CONNECT_WAIT = 5.0  # seconds for a database server to answer
INCREMENTAL = 2  # SQLite's number for auto_vacuum=INCREMENTAL

log = logging.getLogger(__name__)


def open_engine(url: str) -> Engine:
    """An engine whose database has every table of this version; an older one is migrated.

    Raises UserError for a store that is newer, or too busy to be migrated, and SQLAlchemyError.
    """
    chosen = make_url(url)
    if chosen.get_backend_name() == "postgresql":
        # Before each use of a connection, whether it still is one: the server may have restarted.
        engine = create_engine(
            chosen.update_query_dict(_postgresql_options(chosen)), pool_pre_ping=True
        )
        event.listen(engine, "handle_error", _as_operational_error)
    else:
        engine = create_engine(chosen)
    if is_sqlite(engine):
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "handle_error", outage.note_cause)
    found = _version(engine) if inspect(engine).has_table("about") else 0
    if found < schema.SCHEMA_VERSION:
        with engine.begin() as connection:
            set_lock_wait(connection, MIGRATION_WAIT)
            # One process at a time; the others wait.
            if is_sqlite(engine):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            elif not found:
                connection.execute(select(func.pg_advisory_xact_lock(CREATION)))
            _create_or_migrate(connection)
        if found and is_sqlite(engine):
            _enable_shrinking(engine)
        found = _version(engine)
    if found > schema.SCHEMA_VERSION:
        raise UserError(
            f"The store was written by a newer Digitscope (schema {found}; this one "
            f"supports {schema.SCHEMA_VERSION}). Update Digitscope, or set DIGITSCOPE_HOME to "
            "another folder."
        )
    return engine


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def is_malformed(error: DBAPIError) -> bool:
    """Whether the file of an SQLite store is damaged where it was read."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def set_lock_wait(connection: Connection, wait: float) -> None:
    """How many seconds the transaction waits for another that is in its way."""
    if is_sqlite(connection.engine):
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(1000 * wait)}")
    else:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * wait)}")


def lock(connection: Connection, which: ColumnElement[bool] | None = None) -> None:
    """Let no other transaction that does so go on before this one ends: of those that lock the same
    runs, or, without a condition, of all that have none. An SQLite store is locked as a whole."""
    if is_sqlite(connection.engine):
        version = schema.about.c.schema_version
        connection.execute(update(schema.about).values({version: version}))
    elif which is None:
        connection.execute(select(schema.about).with_for_update())
    else:  # in the same order everywhere, so that two transactions never wait for each other
        r = schema.runs.c
        connection.execute(select(r.id).where(which).order_by(r.id).with_for_update()).all()


def _version(engine: Engine) -> int:
    """Raises UserError for a number that no Digitscope wrote."""
    with engine.connect() as connection:
        found = connection.scalar(select(schema.about.c.schema_version))
    if found is None:  # its creator has not finished
        return 0
    if not isinstance(found, int) or found < 1:
        raise UserError(
            f"The store is damaged: its schema number must be a whole number from 1 to "
            f"{schema.SCHEMA_VERSION}; found {found!r}. Use a backup of it, or set DIGITSCOPE_HOME "
            "to another folder."
        )
    return found


def _create_or_migrate(connection: Connection) -> None:
    tables = inspect(connection).get_table_names()
    version = schema.about.c.schema_version
    # On a server, FOR UPDATE makes others who would migrate wait for this transaction.
    found = connection.scalar(select(version).with_for_update()) if "about" in tables else None
    if found and found < schema.SCHEMA_VERSION:
        _raise_while_training(connection)
        if is_sqlite(connection.engine):
            _back_up(connection, found)
        for older in range(found, schema.SCHEMA_VERSION):
            statements = schema.MIGRATIONS[older]
            if not is_sqlite(connection.engine):
                statements += schema.SERVER_MIGRATIONS.get(older, ())
            for statement in statements:
                if "digits" in tables or "digits" not in statement:
                    connection.execute(text(statement))
    schema.metadata.create_all(connection)
    if found is None:
        connection.execute(insert(schema.about).values(schema_version=schema.SCHEMA_VERSION))
    elif found < schema.SCHEMA_VERSION:
        connection.execute(update(schema.about).values(schema_version=schema.SCHEMA_VERSION))


def _raise_while_training(connection: Connection) -> None:
    """Raise UserError while a worker of an older version holds a run: it could not go on."""
    r = schema.runs.c  # not queue.has_worker: the table may not have all columns yet
    alive = select(func.count(r.id)).where(
        r.lease.is_not(None), func.abs(clock.now() - r.heartbeat) < LEASE_SECONDS
    )
    if connection.scalar(alive):
        raise UserError(
            "An older Digitscope is training a run in this store. Stop the run, or wait until it "
            "has finished; then close the older Digitscope and start this one again."
        )


def _back_up(connection: Connection, version: int) -> None:
    """Copy an SQLite store as it was beside the file, before it is migrated."""
    path = connection.engine.url.database
    if not path:  # in memory
        return
    backup = Path(f"{path}.schema-{version}")
    with TemporaryDirectory(dir=backup.parent, prefix=".backup-") as folder:
        copy = Path(folder) / backup.name
        try:
            with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(copy)) as new:
                old.backup(new)
            copy.replace(backup)
        except (sqlite3.Error, OSError) as error:
            raise UserError(
                f"The store must be migrated, but no backup could be written to {backup}: {error}. "
                "Free up disk space, then try again. The store is unchanged."
            ) from None
    log.warning(
        "The store is being migrated to this version of Digitscope. A backup of it as it was is "
        "%s; delete it when you no longer need it.",
        backup,
    )


def _postgresql_options(url: URL) -> dict[str, str]:
    """Options of the connection (libpq's names) that the URL does not give."""
    wanted = {
        # A process that is stopped within a transaction does not keep the others waiting.
        "options": f"-c idle_in_transaction_session_timeout={round(1000 * IDLE_WAIT)}",
        "connect_timeout": f"{CONNECT_WAIT:.0f}",
        "tcp_user_timeout": f"{1000 * CONNECT_WAIT:.0f}",  # in milliseconds
    }
    return {name: value for name, value in wanted.items() if name not in url.query}


def _as_operational_error(context: ExceptionContext) -> None:
    """An error that waiting may cure is an OperationalError, whatever the driver calls it."""
    error = context.sqlalchemy_exception
    if not isinstance(error, DBAPIError) or isinstance(error, OperationalError) or not error.orig:
        return
    if getattr(error.orig, "sqlstate", None) and outage.is_temporary(error):
        raise OperationalError(error.statement, error.params, error.orig) from error.orig


def _tune_sqlite(connection: Any, _: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={round(1000 * LOCK_WAIT)}")
    connection.execute("PRAGMA foreign_keys=ON")
    # Deleting writes nothing into the pages that become free: on a full disk there is no room.
    connection.execute("PRAGMA secure_delete=OFF")
    # A damaged letter makes its row unreadable, not every query that meets it.
    connection.text_factory = _lenient_text
    # Before anything is written, so that the file of a new store can shrink again; later it would
    # wait for whoever writes.
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        connection.execute("PRAGMA page_size=16384")  # in bytes: frames are large
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    # WAL: readers never wait for the writer. NORMAL: a power cut may cost the last second, never
    # the file. Who finds the file locked here meets another process that is just setting the same.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    # In pages. Whoever's write fills so many waits for the disk; workers avoid that, see settle.
    connection.execute("PRAGMA wal_autocheckpoint=4000")


def _lenient_text(data: bytes) -> str:
    return data.decode(errors="replace")


def _enable_shrinking(engine: Engine) -> None:
    """Rewrite a file that was created without incremental vacuum, so that it can shrink.

    A file that is in use, or a disk without room for a copy, is left as it is.
    """
    with suppress(OperationalError), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if connection.exec_driver_sql("PRAGMA auto_vacuum").scalar() != INCREMENTAL:
            connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")
            connection.exec_driver_sql("VACUUM")


def checkpoint_wal(engine: Engine) -> None:
    """Move what was written last from the log into the file; it waits for the disk."""
    if is_sqlite(engine):
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


# Size


def used_bytes(engine: Engine) -> int:
    """Bytes that what is recorded takes. On a server: snapshots and checkpoints, nearly all of it;
    what the server keeps free for later, it minds itself."""
    with engine.connect() as connection:
        if not is_sqlite(engine):
            sizes = (
                select(func.coalesce(func.sum(func.pg_column_size(column)), 0)).scalar_subquery()
                for table in (schema.snapshots, schema.live, schema.checkpoints)
                for column in table.c
                if isinstance(column.type, LargeBinary)
            )
            return int(connection.scalar(select(sum(sizes, start=literal(0)))) or 0)
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
        try:
            _vacuum(sqlite, VACUUM_PAGES)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                raise
            sqlite.execute(EMPTY_LOG).fetchall()  # which makes room
            _vacuum(sqlite, FULL_DISK_PAGES, after_each=EMPTY_LOG)
        sqlite.execute(EMPTY_LOG).fetchall()


def _vacuum(sqlite: Any, pages: int, after_each: str = "") -> None:
    """Return all free pages to the disk, so many at once; after_each: SQL."""
    (free,) = sqlite.execute("PRAGMA freelist_count").fetchone()
    for _ in range(0, free, pages):
        sqlite.executescript(f"PRAGMA incremental_vacuum({pages}); {after_each}")
