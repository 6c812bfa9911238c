"""A database of any earlier form is brought to the newest one without losing a row."""

import sqlite3
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dlcs_core.errors import StoreError
from dlcs_core.store import board_tables, outline_drafts
from dlcs_core.store.assessments import assessment_history
from dlcs_core.store.database import Base, open_database
from dlcs_core.store.outline_drafts import DraftKey, outline_draft

FIRST_TABLES = """
CREATE TABLE assessments (
    id INTEGER NOT NULL, assessed_at DATETIME NOT NULL, image_sha256 VARCHAR(64) NOT NULL,
    input_sha256 VARCHAR(64) NOT NULL, bundle_sha256 VARCHAR(64) NOT NULL, probability FLOAT,
    PRIMARY KEY (id));
CREATE INDEX ix_assessments_image_sha256 ON assessments (image_sha256);
INSERT INTO assessments VALUES (1, '2026-01-05 10:00:00.000000', 'image', 'input', 'model', 0.25);
"""
SECOND_TABLE = """
CREATE TABLE outline_drafts (
    owner VARCHAR(200) NOT NULL, image_sha256 VARCHAR(64) NOT NULL,
    imported_sha256 VARCHAR(64) NOT NULL, changed_at DATETIME NOT NULL, drawing TEXT NOT NULL,
    PRIMARY KEY (owner, image_sha256, imported_sha256));
INSERT INTO outline_drafts VALUES ('', 'image', '', '2026-01-05 10:00:00.000000', '{"3": 1}');
"""
"""As the program made them before it had migrations: written down, not derived from the code."""


def old_database(folder, *scripts):
    connection = sqlite3.connect(folder / "dlcs.sqlite3")
    for script in scripts:
        connection.executescript(script)
    connection.close()
    return f"sqlite:///{folder / 'dlcs.sqlite3'}"


def differences(engine):
    assert board_tables.BoardRow.__table__.metadata is outline_drafts.Base.metadata
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)


@pytest.mark.parametrize("scripts", [(), (FIRST_TABLES,), (FIRST_TABLES, SECOND_TABLE)])
def test_every_earlier_form_becomes_what_the_code_expects(tmp_path, scripts):
    engine = open_database(old_database(tmp_path, *scripts))
    assert differences(engine) == []
    engine.dispose()


def test_rows_of_an_earlier_form_are_kept(tmp_path):
    engine = open_database(old_database(tmp_path, FIRST_TABLES, SECOND_TABLE))
    history = assessment_history(engine, "image", "model")
    assert (history.n_assessments, history.lowest, history.highest) == (1, 0.25, 0.25)
    assert outline_draft(engine, DraftKey("", "image", "")).drawing == {"3": 1}
    engine.dispose()


def test_opening_again_changes_nothing(tmp_path):
    url = old_database(tmp_path, FIRST_TABLES)
    open_database(url).dispose()
    with sqlite3.connect(tmp_path / "dlcs.sqlite3") as connection:
        before = list(connection.iterdump())
    connection.close()
    open_database(url).dispose()
    with sqlite3.connect(tmp_path / "dlcs.sqlite3") as connection:
        assert list(connection.iterdump()) == before
    connection.close()


def test_servers_that_start_together_migrate_once(tmp_path):
    url = old_database(tmp_path, FIRST_TABLES)
    found = []

    def start():
        engine = open_database(url)
        found.append(differences(engine))
        engine.dispose()

    starts = [threading.Thread(target=start) for _ in range(3)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    assert found == [[], [], []]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    url = old_database(tmp_path)
    open_database(url).dispose()
    with sqlite3.connect(tmp_path / "dlcs.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError) as refusal:
        open_database(url)
    assert refusal.value.code == "database_of_newer_version"
    with sqlite3.connect(tmp_path / "dlcs.sqlite3") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)
    connection.close()


def test_a_step_that_fails_leaves_the_old_form(tmp_path):
    url = old_database(tmp_path, FIRST_TABLES, "CREATE TABLE board_votes (other INTEGER);")
    with pytest.raises(StoreError) as refusal:
        open_database(url)
    assert refusal.value.code == "database_not_opened"
    with sqlite3.connect(tmp_path / "dlcs.sqlite3") as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert "boards" not in names
        assert "alembic_version" not in names
        assert connection.execute("SELECT count(*) FROM assessments").fetchone() == (1,)
    connection.close()
