"""The database: SQLite by default, PostgreSQL by URL."""

import sqlite3
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

from dlcs_core.errors import StoreError

BUSY_TIMEOUT_MS = 10_000
"""How long a SQLite writer waits for another one."""


class Base(DeclarativeBase):
    """The tables' common base."""


def open_database(url: str) -> Engine:
    """Open a database and make the tables that it lacks.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, e.g. ``sqlite:///data/dlcs.sqlite3``.

    Returns
    -------
    Engine
        Ready for use from several threads.

    Raises
    ------
    StoreError
        If the URL cannot be understood or the database cannot be reached.

    Notes
    -----
    SQLite runs with ``synchronous=FULL`` and a rollback journal: the SQLite of Python 3.11 can
    carry the WAL-reset race, and what has been acknowledged must survive a kill.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername.startswith("sqlite") and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
        if engine.dialect.name == "sqlite":
            _make_durable(engine)
        Base.metadata.create_all(engine)
    except (SQLAlchemyError, OSError) as error:
        raise StoreError("database_not_opened", reason=type(error).__name__) from error
    return engine


def _make_durable(engine: Engine) -> None:
    """Set the pragmas on each new connection and take the write lock at BEGIN."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS:d}")

    @event.listens_for(engine, "begin")
    def begin_immediate(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]
