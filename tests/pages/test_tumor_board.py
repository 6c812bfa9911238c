"""Tumour board: a meeting begins, votes are blind, the chair reveals, all of it is kept."""

import os

import pytest
from sqlalchemy import create_engine, text

from dlcs_core.store.board import Seat, Vote, read_board
from dlcs_core.store.board_changes import join_board, name_member, take_chair, vote
from dlcs_core.store.database import open_database


@pytest.fixture
def meeting(page):
    """The page of a chair who began with the demo cases and typed initials."""
    app = page("tumor_board")
    app.button(key="board_start_demo").click().run()
    app.text_input[0].set_value("AB").run()
    assert not app.exception
    return app


def database_url():
    return os.environ["DLCS_DATABASE_URL"]


def seat_of(app):
    return Seat(*app.session_state["board_kept_seat"])


def cast(app, response="good", plan="surgery_first"):
    app.segmented_control(key="board_response_1").set_value(response).run()
    app.radio(key="board_plan_1").set_value(plan).run()
    return app.button(key="board_cast").click().run()


def test_the_page_is_never_empty(page, shown):
    app = page("tumor_board")
    assert not app.exception
    assert {"board_start_demo", "board_start_empty", "board_join"} <= {b.key for b in app.button}


def test_a_demo_case_is_shown_without_its_result(meeting, shown):
    said = shown(meeting)
    assert "Case 1 of 1" in said
    assert "Phantom 1" in said
    assert "of 100 patients" not in said.lower()
    assert "TRG 1)." not in said
    assert "Heat map" not in [slider.label for slider in meeting.slider]
    assert "clinical decision is documented elsewhere" in said
    assert len(meeting.get("plotly_chart")) == 3


def test_a_demo_case_that_is_refused_is_one_sentence_and_the_board_goes_on(page, shown):
    app = page("tumor_board")
    app.button(key="board_start_demo").click().run()
    assert not app.exception
    assert "was left out" in app.info[0].value
    assert "Case 1 of 1" in shown(app)


def test_in_chinese_the_page_speaks_chinese(page, shown):
    app = page("tumor_board")
    app.session_state["lang"] = "zh"
    app.button(key="board_start_demo").click().run()
    assert not app.exception
    assert "体模病例 1" in shown(app)
    assert "您的投票" in shown(app)


def test_a_vote_needs_a_name_and_both_parts(page):
    app = page("tumor_board")
    app.button(key="board_start_demo").click().run()
    app.segmented_control(key="board_response_1").set_value("good").run()
    assert app.button(key="board_cast").disabled
    app.radio(key="board_plan_1").set_value("other").run()
    assert app.button(key="board_cast").disabled
    app.text_input[0].set_value("AB").run()
    assert not app.button(key="board_cast").disabled


def test_after_the_reveal_everything_is_there_and_kept(meeting, shown):
    cast(meeting)
    assert "Your vote counts" in meeting.success[0].value
    meeting.button(key="board_reveal").click().run()
    assert not meeting.exception
    said = shown(meeting)
    assert "Good response (TRG 0-1): **1**" in said
    assert "Of 100 patients like this" in said or "No probability" in said
    meeting.text_area(key="board_text_of_1").set_value("Laparoscopy **first**").run()
    meeting.selectbox(key="board_plan_of_1").set_value("staging_first").run()
    meeting.segmented_control(key="board_trg_of_1").set_value(2).run()
    assert not meeting.exception
    assert "How board and model did" in shown(meeting)
    board = read_board(open_database(database_url()), seat_of(meeting))
    assert board.cases[0].decision.text == "Laparoscopy **first**"
    assert board.cases[0].decision.plan == "staging_first"
    assert board.cases[0].outcome.trg == 2


def test_what_another_member_types_is_text(meeting, shown):
    engine = open_database(database_url())
    other = join_board(engine, seat_of(meeting).code)
    name_member(engine, other, "<b>x</b> **loud** [a](http://b)")
    vote(engine, other, 1, Vote("poor", "other"), cast=True)
    take_chair(engine, other)
    meeting.run()
    assert not meeting.exception
    assert r"\<b\>x\</b\> \*\*loud\*\*" in shown(meeting)
    assert "board_reveal" not in {button.key for button in meeting.button}


def test_a_case_of_the_review_goes_onto_the_agenda(app, shown):
    app.run()
    app.selectbox(key="demo_case").select("phantom").run()
    app.button(key="assess").click().run()
    app.text_input(key="board_add_label").set_value("Tuesday 3").run()
    app.button(key="board_add_now").click().run()
    assert not app.exception
    assert "is on the agenda" in app.success[0].value
    app.switch_page("pages/tumor_board.py").run()
    assert not app.exception
    assert "Tuesday 3" in shown(app)
    assert "of 100 patients" not in shown(app).lower()


def test_a_store_that_is_gone_is_one_sentence(meeting):
    with create_engine(database_url()).begin() as connection:
        connection.execute(text("DROP TABLE board_votes"))
    meeting.run()
    assert not meeting.exception
    assert len(meeting.error) >= 1
