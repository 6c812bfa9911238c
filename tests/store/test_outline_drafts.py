"""A kept outline is the last one of its owner, image and import, and survives."""

from datetime import UTC, datetime, timedelta

import pytest

from dlcs_core.errors import StoreError
from dlcs_core.store.database import open_database
from dlcs_core.store.outline_drafts import (
    DraftKey,
    delete_outline_draft,
    outline_draft,
    save_outline_draft,
)

KEY = DraftKey("", "a" * 64, "")
DRAWING = {"3": {"runs": [5, 2], "count": 2}}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'drafts.sqlite3'}"


def test_it_is_there_after_a_restart(url):
    save_outline_draft(open_database(url), KEY, DRAWING)
    found = outline_draft(open_database(url), KEY)
    assert found.drawing == DRAWING
    changed_at = found.changed_at.replace(tzinfo=found.changed_at.tzinfo or UTC)
    assert datetime.now(UTC) - changed_at < timedelta(minutes=1)


def test_the_last_one_counts(url):
    engine = open_database(url)
    save_outline_draft(engine, KEY, DRAWING)
    save_outline_draft(engine, KEY, {})
    assert outline_draft(engine, KEY).drawing == {}


@pytest.mark.parametrize(
    "other",
    [DraftKey("chen", "a" * 64, ""), DraftKey("", "b" * 64, ""), DraftKey("", "a" * 64, "c")],
)
def test_nobody_elses_outline_and_no_other_images_is_given(url, other):
    engine = open_database(url)
    save_outline_draft(engine, KEY, DRAWING)
    assert outline_draft(engine, other) is None
    delete_outline_draft(engine, other)
    assert outline_draft(engine, KEY) is not None


def test_a_discarded_one_is_gone(url):
    engine = open_database(url)
    save_outline_draft(engine, KEY, DRAWING)
    delete_outline_draft(engine, KEY)
    assert outline_draft(engine, KEY) is None


def test_a_database_that_is_gone_is_said(url):
    engine = open_database(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE outline_drafts")
    for call in (
        lambda: save_outline_draft(engine, KEY, DRAWING),
        lambda: outline_draft(engine, KEY),
        lambda: delete_outline_draft(engine, KEY),
    ):
        with pytest.raises(StoreError):
            call()
