"""A meeting keeps what it was given, and hands nothing out that must not be known yet."""

import json
import multiprocessing
import os
import signal
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.bundle.reader import read_bundle
from dlcs_core.clinical.record import read_record
from dlcs_core.errors import StoreError
from dlcs_core.figures.ct_overlay import windowed
from dlcs_core.imaging.study_reading import read_study
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_json import case_json
from dlcs_core.report.case_view import input_sha256, make_case_view
from dlcs_core.store.assessments import AssessmentHistory
from dlcs_core.store.board import (
    Decision,
    Seat,
    Vote,
    board_version,
    read_board,
    read_open_case,
    read_revealed_case,
)
from dlcs_core.store.board_case import NewCase, Outcome
from dlcs_core.store.board_changes import (
    add_case,
    go_to_case,
    join_board,
    move_case,
    name_member,
    record_decision,
    record_outcome,
    remove_case,
    reveal,
    start_board,
    take_chair,
    vote,
)
from dlcs_core.store.database import open_database

ASSETS = Path(__file__).resolve().parents[2] / "assets"
GOOD = Vote("good", "surgery_first")


@pytest.fixture(scope="session")
def assessed():
    """A demo case with its result."""
    folder = ASSETS / "demo_cases" / "uncertain_response"
    bundle = read_bundle(ASSETS / "demo_bundle")
    study = read_study(next(folder.glob("image*")), next(folder.glob("mask*")))
    record, notices = read_record(folder / "clinical.json")
    report = assess_case(study, record, bundle, notices)
    return report, make_case_view(report, study, bundle, is_demo=True)


@pytest.fixture
def new_case(assessed):
    def made(label="A", **changes):
        history = AssessmentHistory(2, 0.2, 0.4)
        return replace(NewCase(label, label, *assessed, history), **changes)

    return made


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'board.sqlite3'}"


@pytest.fixture
def engine(url):
    opened = open_database(url)
    yield opened
    opened.dispose()


@pytest.fixture
def meeting(engine, new_case):
    """A chair with two cases, and a member."""
    chair = start_board(engine)
    for label in ("A", "B"):
        add_case(engine, chair, new_case(label))
    return chair, join_board(engine, chair.code.lower())


def refused(call, *arguments, **named):
    with pytest.raises(StoreError) as refusal:
        call(*arguments, **named)
    return refusal.value.code


def test_a_case_comes_back_as_it_was(engine, meeting, assessed):
    report, view = assessed
    reveal(engine, meeting[0], 1)
    found = read_revealed_case(engine, meeting[1], 1)
    before, after = case_json(report), case_json(found.report)
    before["study"]["sop_instance_uids"] = (None, None, None)
    assert after | {"similar_cases": before["similar_cases"]} == before
    assert found.view.nomogram == view.nomogram
    assert found.history == AssessmentHistory(2, 0.2, 0.4)
    assert input_sha256(found.report) == input_sha256(report)
    for kept, shown in zip(found.view.slices, view.slices, strict=True):
        assert kept.mask.sum() == shown.mask.sum()
        inside = windowed(shown.image_hu)[shown.mask]
        np.testing.assert_array_equal(windowed(kept.image_hu)[kept.mask], inside)
        np.testing.assert_allclose(kept.heat[kept.mask], shown.heat[shown.mask], atol=0.5 / 255)


def test_no_identifier_is_kept(engine, url, new_case, assessed):
    report, _ = assessed
    record = replace(report.record, patient_id="PLANTED-77")
    study = replace(report.study, sop_instance_uids=("1.2.3.77", "1.2.3.78", "1.2.3.79"))
    planted = replace(report, record=record, study=study)
    add_case(engine, start_board(engine), new_case(report=planted))
    content = Path(url.removeprefix("sqlite:///")).read_bytes()
    assert b"PLANTED-77" not in content
    assert b"1.2.3.77" not in content
    named = new_case("planted-77 again", report=planted)
    assert refused(add_case, engine, start_board(engine), named) == "board_label_is_identifier"


def test_before_the_reveal_nobody_gets_result_or_votes(engine, meeting, assessed):
    chair, member = meeting
    vote(engine, member, 1, GOOD, cast=True)
    for seat in meeting:
        case = read_board(engine, seat).cases[0]
        assert (case.n_votes, case.votes, case.truth) == (1, (), None)
        assert refused(read_revealed_case, engine, seat, 1) == "board_case_not_revealed"
        opened = read_open_case(engine, seat, 1)
        assert [shown.heat for shown in opened.slices] == [None] * 3
        assert str(assessed[0].dlcs.probability)[:8] not in repr((case, opened))
    assert read_board(engine, chair).cases[0].my_vote == Vote()
    reveal(engine, chair, 1)
    assert read_board(engine, member).cases[0].votes == (GOOD,)


def test_a_vote_can_be_changed_until_the_reveal(engine, meeting):
    chair, member = meeting
    vote(engine, member, 1, Vote("good", ""), cast=False)
    assert read_board(engine, member).cases[0].my_vote == Vote("good", "")
    assert read_board(engine, member).cases[0].n_votes == 0
    assert refused(vote, engine, member, 1, Vote("good", ""), cast=True) == "board_vote_incomplete"
    for choice in (GOOD, Vote("poor", "other")):
        vote(engine, member, 1, choice, cast=True)
    reveal(engine, chair, 1)
    assert read_board(engine, chair).cases[0].votes == (Vote("poor", "other"),)
    assert refused(vote, engine, member, 1, GOOD, cast=True) == "board_already_revealed"


def test_a_draft_takes_a_cast_vote_back(engine, meeting):
    vote(engine, meeting[1], 1, GOOD, cast=True)
    vote(engine, meeting[1], 1, Vote("poor", "surgery_first"), cast=False)
    assert read_board(engine, meeting[1]).cases[0].n_votes == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda engine, seat: reveal(engine, seat, 1),
        lambda engine, seat: move_case(engine, seat, 1, 1),
        lambda engine, seat: remove_case(engine, seat, 1),
        lambda engine, seat: go_to_case(engine, seat, 2),
        lambda engine, seat: record_decision(engine, seat, 1, Decision("other")),
        lambda engine, seat: record_outcome(engine, seat, 1, Outcome(1)),
    ],
)
def test_what_is_the_chairs_is_refused_to_others(engine, meeting, change):
    chair, member = meeting
    before = read_board(engine, chair)
    assert refused(change, engine, member) == "board_chair_only"
    assert read_board(engine, chair) == before
    take_chair(engine, member)
    assert [one.is_chair for one in read_board(engine, chair).members] == [False, True]
    assert refused(change, engine, chair) == "board_chair_only"


def test_another_meeting_sees_nothing(engine, meeting):
    stranger = start_board(engine)
    for call in (read_open_case, read_revealed_case, reveal):
        assert refused(call, engine, stranger, 1) == "board_case_not_found"
    assert refused(read_board, engine, Seat(meeting[0].code, "guessed")) == "board_seat_not_found"
    crossed = Seat(meeting[0].code, stranger.token)
    assert refused(read_board, engine, crossed) == "board_seat_not_found"
    assert refused(join_board, engine, "NOSUCHCD") == "board_not_found"


def test_the_order_can_be_changed_and_ends_hold(engine, meeting, new_case):
    chair, _ = meeting
    add_case(engine, chair, new_case("C"))

    def labels():
        return [case.label for case in read_board(engine, chair).cases]

    move_case(engine, chair, 3, -1)
    assert labels() == ["A", "C", "B"]
    move_case(engine, chair, 1, -1)
    move_case(engine, chair, 2, 1)
    assert labels() == ["A", "C", "B"]
    remove_case(engine, chair, 1)
    assert labels() == ["C", "B"]
    assert read_board(engine, chair).current.label == "C"


def test_what_cannot_go_on_an_agenda_is_refused(engine, meeting, new_case, assessed):
    overprinted = replace(assessed[1], overprinted=True)
    chair = meeting[0]
    assert refused(add_case, engine, chair, new_case("A")) == "board_case_twice"
    assert refused(add_case, engine, chair, new_case(" \n ")) == "board_case_without_label"
    code = refused(add_case, engine, chair, new_case("D", view=overprinted))
    assert code == "board_refuses_phantom_model"
    assert len(read_board(engine, chair).cases) == 2


def test_decision_outcome_and_names_survive_a_restart(url, engine, meeting):
    chair, member = meeting
    reveal(engine, chair, 1)
    decision = Decision("staging_first", "Laparoscopy\n*first*\x00", "none", date(2027, 1, 8))
    record_decision(engine, chair, 1, decision)
    record_outcome(engine, chair, 1, Outcome(2, 14.5, True))
    name_member(engine, member, "<b>M</b>")
    version = board_version(engine, chair.code)
    engine.dispose()
    again = open_database(url)
    board = read_board(again, chair)
    assert board.cases[0].decision == replace(decision, text="Laparoscopy\n*first*")
    assert board.cases[0].outcome == Outcome(2, 14.5, True)
    assert board.members[1].name == "<b>M</b>"
    assert board.version == version
    again.dispose()


def test_an_outcome_that_is_none_is_refused(engine, meeting):
    assert refused(record_outcome, engine, meeting[0], 1, Outcome(1)) == "board_case_not_revealed"
    for outcome in (Outcome(4), Outcome(os_months=-1.0), Outcome(os_months=float("nan"))):
        code = refused(record_outcome, engine, meeting[0], 1, outcome)
        assert code == "board_outcome_malformed"


def test_a_damaged_case_is_one_refusal(engine, url, meeting):
    reveal(engine, meeting[0], 1)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE board_cases SET result = ?, images = x'00'", (json.dumps({}),))
    connection.close()
    assert refused(read_revealed_case, engine, meeting[0], 1) == "board_case_not_read"
    assert refused(read_open_case, engine, meeting[0], 1) == "board_case_not_read"


def _vote_often(url, seat, count, started):
    engine = open_database(url)
    started.wait(60)
    for number in range(count):
        vote(engine, seat, 1, Vote("good" if number % 2 else "poor", "other"), cast=True)


def test_two_writers_lose_nothing(url, engine, meeting):
    context = multiprocessing.get_context("spawn")
    before = board_version(engine, meeting[0].code)
    started = context.Barrier(2)
    writers = [context.Process(target=_vote_often, args=(url, seat, 20, started))
               for seat in meeting]  # fmt: skip
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert board_version(engine, meeting[0].code) == before + 40
    assert read_board(engine, meeting[0]).cases[0].n_votes == 2


def _decide_until_killed(url, seat, acknowledged):
    engine = open_database(url)
    for number in range(100_000):
        record_decision(engine, seat, 1, Decision("other", str(number)))
        acknowledged.value = number + 1


@pytest.mark.parametrize("delay_s", [0.05, 0.13, 0.21, 0.34])
def test_no_acknowledged_decision_is_lost_by_kill_9(url, engine, meeting, delay_s):
    engine.dispose()
    context = multiprocessing.get_context("spawn")
    acknowledged = context.Value("i", 0)
    writer = context.Process(target=_decide_until_killed, args=(url, meeting[0], acknowledged))
    writer.start()
    while acknowledged.value == 0:
        writer.join(delay_s)
        assert writer.is_alive()
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    kept = int(read_board(engine, meeting[0]).cases[0].decision.text)
    assert acknowledged.value - 1 <= kept <= acknowledged.value
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
