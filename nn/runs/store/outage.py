"""Why the database does not answer, and whether waiting may cure that."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import SQLAlchemyError

# Classes of PostgreSQL's error codes (appendix A of its manual) that waiting may cure: no
# connection, a deadlock, too many connections, a lock not available, a server that stops or starts,
# and a transaction that was idle for too long.
TEMPORARY = ("08", "40", "53300", "55P03", "57P", "25P03")
LOCK_NOT_AVAILABLE = "55P03"
DISK_FULL = "53100"
FULL = 2**18  # bytes: with fewer free, SQLite's files cannot grow
ROOM = 16 * 2**20  # bytes that the disk of a store should have free, for the log of its changes
# The byte of an SQLite store's -shm file that whoever writes has locked (its file format, 2.3.1).
WRITE_LOCK = "120"


def is_full(error: SQLAlchemyError, folder: Path | None = None) -> bool:
    """Whether the disk had no room. folder: the store's, where SQLite does not say why it could not
    use its files."""
    cause = getattr(error, "orig", None)
    if not isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlstate", None) == DISK_FULL
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and folder:
        with suppress(OSError):
            return shutil.disk_usage(folder).free < FULL
    return code == sqlite3.SQLITE_FULL


def is_temporary(error: SQLAlchemyError) -> bool:
    """Whether it may work when tried again: the store is locked, or its server out of reach."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    state = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(TEMPORARY)


def is_locked(error: SQLAlchemyError) -> bool:
    """Whether another transaction was in the way for too long."""
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return is_temporary(error)
    return getattr(cause, "sqlstate", None) == LOCK_NOT_AVAILABLE


def explain(error: SQLAlchemyError) -> str:
    """Why the database does not answer, as a sentence."""
    cause = getattr(error, "orig", None) or error
    reason = (str(cause).strip() or type(cause).__name__).splitlines()[0]
    if is_locked(error):
        holder = getattr(cause, "holder", "") or "another program"
        return f"The store is locked by {holder}. If it hangs, end it."
    if is_full(error):
        missing = getattr(cause, "missing", 0)  # bytes
        how_much = f": {-(-missing // 2**20)} MiB more must be free" if missing else ""
        return (
            f"The disk is full{how_much}. Delete runs in the list of recorded runs on Train or by "
            "python -m nn delete RUN, or the folder “cache” in Digitscope's data folder."
        )
    if is_temporary(error):
        return f"The database server does not answer: {reason.rstrip('.')}."
    return f"The store reports an error: {reason.rstrip('.')}."


def for_visitors(error: SQLAlchemyError) -> str:
    """As ``explain``, without the words of a server, which name its address: they are for the
    log."""
    is_away = is_temporary(error) and not is_locked(error)
    return "The database does not answer." if is_away else explain(error)


def note_cause(context: ExceptionContext) -> None:
    """A handler of an SQLite engine's errors: note which process has the store locked, or how much
    room a full disk lacks."""
    engine, error = context.engine, context.sqlalchemy_exception
    if engine and error and is_full(error):
        with suppress(OSError):
            free = shutil.disk_usage(Path(engine.url.database or "").parent).free
            context.original_exception.missing = max(0, ROOM - free)  # type: ignore[attr-defined]
    if engine and error and is_locked(error):
        context.original_exception.holder = _lock_holder(engine)  # type: ignore[attr-defined]


def _lock_holder(engine: Engine) -> str:
    """ "process 1234 (python -m nn train)", from Linux's list of locks; "" where there is none."""
    with suppress(OSError, ValueError):
        inode = Path(f"{engine.url.database}-shm").stat().st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            # 1: POSIX  ADVISORY  WRITE 1234 08:01:5678 120 120
            *_, kind, process, file, first, _ = line.split()
            if (kind, first) == ("WRITE", WRITE_LOCK) and file.rsplit(":", 1)[1] == str(inode):
                words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
                return f"process {process} ({' '.join(words).strip()[:80]})"
    return ""
