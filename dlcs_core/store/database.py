"""The database: SQLite by default, PostgreSQL by URL."""

import sqlite3
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

from dlcs_core.errors import StoreError

BUSY_TIMEOUT_MS = 10_000
"""How long a SQLite writer waits for another one."""

MIGRATIONS = Path(__file__).parent / "migrations"

_ONLY_READS = "only_reads"

_MIGRATING = threading.Lock()
"""Alembic keeps what it works on in a variable of its module."""


Database = Engine
"""What the functions of the store work on, by a name that other layers may use."""


class Base(DeclarativeBase):
    """The tables' common base."""


def open_database(url: str) -> Engine:
    """Open a database and bring its tables to the newest form; nothing in them is lost.

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
        If the URL cannot be understood, the database cannot be reached, or a newer version of
        the program has changed it.

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
        _migrate(engine)
    except CommandError as error:
        raise StoreError("database_of_newer_version") from error
    except (SQLAlchemyError, OSError) as error:
        raise StoreError("database_not_opened", reason=type(error).__name__) from error
    return engine


def reading(engine: Engine) -> Engine:
    """Return the same database for transactions that only read: they wait for nobody's lock."""
    return engine.execution_options(**{_ONLY_READS: True})


def _migrate(engine: Engine) -> None:
    """Run the steps that the database lacks, all in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    with _MIGRATING, engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _make_durable(engine: Engine) -> None:
    """Set the pragmas on each new connection and take the write lock where something is written."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS:d}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get(_ONLY_READS, False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
