"""The database's clock. All times in the store that processes compare are by it: the clocks of two
computers may be apart.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class now(FunctionElement[float]):  # named like a function of SQL
    """Seconds since 1970, as an SQL expression."""

    type = Float()
    inherit_cache = True


@compiles(now, "sqlite")
def _of_sqlite(element: now, compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _of_postgresql(element: now, compiler: Any, **_: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


class opened(FunctionElement[float]):
    """When the database server was started, as ``now``: nobody could write a heartbeat before."""

    type = Float()
    inherit_cache = True


@compiles(opened, "sqlite")
def _opened_sqlite(element: opened, compiler: Any, **_: Any) -> str:
    return "0.0"


@compiles(opened, "postgresql")
def _opened_postgresql(element: opened, compiler: Any, **_: Any) -> str:
    return "CAST(extract(epoch FROM pg_postmaster_start_time()) AS double precision)"
