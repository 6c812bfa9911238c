import multiprocessing
import os
import signal
import sqlite3
from dataclasses import replace

import pytest

from dlcs_core.errors import StoreError
from dlcs_core.store.assessments import Assessment, assessment_history, record_assessment
from dlcs_core.store.database import open_database

FIRST = Assessment("a" * 64, "1" * 64, "b" * 64, 0.4)


@pytest.fixture
def engine(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/deep/er/dlcs.sqlite3")
    yield engine
    engine.dispose()


def test_history_counts_distinct_inputs_and_gives_their_range(engine):
    record_assessment(engine, FIRST)
    record_assessment(engine, FIRST)
    record_assessment(engine, replace(FIRST, input_sha256="2" * 64, probability=0.7))
    record_assessment(engine, replace(FIRST, input_sha256="3" * 64, probability=None))
    record_assessment(engine, replace(FIRST, image_sha256="c" * 64, probability=0.9))
    history = assessment_history(engine, FIRST.image_sha256, FIRST.bundle_sha256)
    assert (history.n_assessments, history.lowest, history.highest) == (3, 0.4, 0.7)


def test_an_image_never_assessed_has_an_empty_history(engine):
    history = assessment_history(engine, "f" * 64, "b" * 64)
    assert (history.n_assessments, history.lowest, history.highest) == (0, None, None)


def test_database_survives_being_opened_again(tmp_path):
    url = f"sqlite:///{tmp_path}/dlcs.sqlite3"
    first = open_database(url)
    record_assessment(first, FIRST)
    first.dispose()
    second = open_database(url)
    assert assessment_history(second, "a" * 64, "b" * 64).n_assessments == 1
    second.dispose()


def test_unusable_database_is_refused(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    for url in ("nonsense", f"sqlite:///{blocked}/dlcs.sqlite3"):
        with pytest.raises(StoreError) as refusal:
            open_database(url)
        assert refusal.value.code == "database_not_opened"


def _write_until_killed(url, acknowledged):
    engine = open_database(url)
    for number in range(100_000):
        record_assessment(engine, replace(FIRST, input_sha256=f"{number:064d}"))
        acknowledged.value = number + 1


@pytest.mark.parametrize("delay_s", [0.05, 0.11, 0.2])
def test_no_acknowledged_assessment_is_lost_by_kill_9(tmp_path, delay_s):
    context = multiprocessing.get_context("spawn")
    acknowledged = context.Value("i", 0)
    url = f"sqlite:///{tmp_path}/dlcs.sqlite3"
    writer = context.Process(target=_write_until_killed, args=(url, acknowledged))
    writer.start()
    while acknowledged.value == 0:
        writer.join(delay_s)
        assert writer.is_alive()
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    engine = open_database(url)
    kept = assessment_history(engine, "a" * 64, "b" * 64).n_assessments
    engine.dispose()
    assert kept >= acknowledged.value
    with sqlite3.connect(tmp_path / "dlcs.sqlite3") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
