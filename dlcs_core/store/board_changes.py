"""What changes a meeting. When a function returns, the change survives a kill.

Everybody in a meeting may put a case on the agenda and vote; order, reveal, decision and outcome
are the chair's, and any member can take the chair.
"""

import json
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from dlcs_core.errors import StoreError
from dlcs_core.store.board import (
    PLANS,
    Decision,
    Seat,
    Vote,
    agenda_rows,
    board_session,
    case_row,
    seat_row,
    token_hash,
)
from dlcs_core.store.board_case import NewCase, Outcome, pack_case
from dlcs_core.store.board_tables import (
    MAX_LABEL,
    MAX_NAME,
    MAX_TEXT,
    BoardRow,
    CaseRow,
    SeatRow,
    VoteRow,
)

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters and digits that are not taken for one another when a code is read aloud."""
CODE_LENGTH = 8

MOST_CASES, MOST_SEATS = 60, 100
"""What one meeting holds; a limit against a page left open, not against a busy board."""

MOST_MONTHS = 600.0


def start_board(engine: Engine) -> Seat:
    """Begin a meeting; whoever does has the chair.

    Raises
    ------
    StoreError
        If it could not be written.
    """
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    with board_session(engine, "board_not_saved") as session:
        session.add(BoardRow(code=code, started_at=datetime.now(UTC), version=1))
        session.flush()
        return _new_seat(session, code, is_chair=True)


def join_board(engine: Engine, code: str) -> Seat:
    """Take a new seat in a meeting.

    Parameters
    ----------
    engine : Engine
        The database.
    code : str
        As read aloud: case and spaces do not matter.

    Raises
    ------
    StoreError
        If there is no such meeting, it is full, or the seat could not be written.
    """
    typed = "".join(code.split()).replace("-", "").upper()
    with board_session(engine, "board_not_saved") as session:
        if session.get(BoardRow, typed) is None:
            raise StoreError("board_not_found")
        n_seats = session.scalar(select(func.count()).where(SeatRow.board_code == typed)) or 0
        if n_seats >= MOST_SEATS:
            raise StoreError("board_is_full", most=MOST_SEATS)
        _count_change(session, typed)
        return _new_seat(session, typed, is_chair=False)


def _new_seat(session: Session, code: str, *, is_chair: bool) -> Seat:
    token = secrets.token_urlsafe(16)
    session.add(
        SeatRow(board_code=code, token_sha256=token_hash(token), name="", is_chair=is_chair)
    )
    return Seat(code, token)


def clean_text(text: str, most: int) -> str:
    r"""Return typed text without control characters, cut to its column.

    Examples
    --------
    >>> clean_text(" a\x00b ", 10)
    'ab'
    """
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs", "Co"))
    return "".join(kept).strip()[:most]


def _count_change(session: Session, code: str) -> None:
    session.execute(
        update(BoardRow).where(BoardRow.code == code).values(version=BoardRow.version + 1)
    )


@contextmanager
def _change(engine: Engine, seat: Seat, *, chair: bool = False) -> Iterator[tuple[Session, int]]:
    """Begin a change by a member; give the session and the seat's id."""
    with board_session(engine, "board_not_saved") as session:
        row = seat_row(session, seat)
        if chair and not row.is_chair:
            raise StoreError("board_chair_only")
        yield session, row.id
        _count_change(session, seat.code)


def name_member(engine: Engine, seat: Seat, name: str) -> None:
    """Set what the others in the meeting call a member.

    Raises
    ------
    StoreError
        If it could not be written.
    """
    with _change(engine, seat) as (session, seat_id):
        session.get_one(SeatRow, seat_id).name = clean_text(name.replace("\n", " "), MAX_NAME)


def take_chair(engine: Engine, seat: Seat) -> None:
    """Make a member the one and only chair.

    Raises
    ------
    StoreError
        If it could not be written.
    """
    with _change(engine, seat) as (session, seat_id):
        others = update(SeatRow).where(SeatRow.board_code == seat.code)
        session.execute(others.values(is_chair=SeatRow.id == seat_id))


def add_case(engine: Engine, seat: Seat, case: NewCase) -> int:
    """Put a case at the end of the agenda and return its id.

    Raises
    ------
    StoreError
        If it has no label, is on the agenda already, must not enter a board (a model that learnt
        from phantoms applied to a patient), the agenda is full, or it could not be written.
    """
    packed = pack_case(case)
    label = clean_text(case.label.replace("\n", " "), MAX_LABEL)
    if not label:
        raise StoreError("board_case_without_label")
    patient_id = (case.report.record.patient_id or "").strip()
    if len(patient_id) > 2 and patient_id.casefold() in label.casefold():
        raise StoreError("board_label_is_identifier")
    with _change(engine, seat) as (session, _):
        others = agenda_rows(session, seat)
        if any(row.inputs_sha256 == case.inputs_sha256 for row in others):
            raise StoreError("board_case_twice")
        if len(others) >= MOST_CASES:
            raise StoreError("board_agenda_full", most=MOST_CASES)
        row = CaseRow(
            board_code=seat.code,
            place=max((row.place for row in others), default=-1) + 1,
            label=label,
            inputs_sha256=case.inputs_sha256,
            synthetic=case.report.bundle.synthetic_training_data or case.truth is not None,
            truth=None if case.truth is None else json.dumps(asdict(case.truth)),
            decision_plan="",
            decision="",
            dissent="",
            **vars(packed),
        )
        session.add(row)
        session.flush()
        return row.id


def move_case(engine: Engine, seat: Seat, case_id: int, by: int) -> None:
    """Move a case up (-1) or down (1) the agenda; at an end it stays.

    Raises
    ------
    StoreError
        If it is not the chair who asks, there is no such case, or it could not be written.
    """
    with _change(engine, seat, chair=True) as (session, _):
        rows = list(agenda_rows(session, seat))
        row = case_row(session, seat, case_id)
        place = rows.index(row)
        rows.insert(min(max(place + by, 0), len(rows) - 1), rows.pop(place))
        for number, one in enumerate(rows):
            one.place = number


def remove_case(engine: Engine, seat: Seat, case_id: int) -> None:
    """Take a case off the agenda with its votes; one that was discussed stays on record.

    Raises
    ------
    StoreError
        If it was revealed, it is not the chair who asks, or it could not be written.
    """
    with _change(engine, seat, chair=True) as (session, _):
        row = case_row(session, seat, case_id)
        if row.revealed_at is not None:
            raise StoreError("board_already_revealed")
        session.execute(delete(VoteRow).where(VoteRow.case_id == case_id))
        session.delete(row)


def go_to_case(engine: Engine, seat: Seat, case_id: int) -> None:
    """Put a case before the board, on every screen.

    Raises
    ------
    StoreError
        If it is not the chair who asks, there is no such case, or it could not be written.
    """
    with _change(engine, seat, chair=True) as (session, _):
        case_row(session, seat, case_id)
        session.get_one(BoardRow, seat.code).current_case_id = case_id


def vote(engine: Engine, seat: Seat, case_id: int, choice: Vote, *, cast: bool) -> None:
    """Keep a vote, in draft or cast; until the reveal it can be changed.

    Raises
    ------
    StoreError
        If the case was revealed, a cast vote is incomplete, or it could not be written.
    """
    if cast and not choice.complete:
        raise StoreError("board_vote_incomplete")
    with _change(engine, seat) as (session, seat_id):
        if case_row(session, seat, case_id).revealed_at is not None:
            raise StoreError("board_already_revealed")
        cast_at = datetime.now(UTC) if cast else None
        session.merge(VoteRow(case_id=case_id, seat_id=seat_id, **vars(choice), cast_at=cast_at))


def reveal(engine: Engine, seat: Seat, case_id: int) -> None:
    """Show votes and the model's result to everybody; from then on no vote is taken.

    Raises
    ------
    StoreError
        If it is not the chair who asks, there is no such case, or it could not be written.
    """
    with _change(engine, seat, chair=True) as (session, _):
        row = case_row(session, seat, case_id)
        row.revealed_at = row.revealed_at or datetime.now(UTC)


def record_decision(engine: Engine, seat: Seat, case_id: int, decision: Decision) -> None:
    """Keep what the board decided, as far as it is written.

    Raises
    ------
    StoreError
        If the plan is unknown, it is not the chair who asks, or it could not be written.
    """
    if decision.plan not in ("", *PLANS):
        raise StoreError("board_vote_incomplete")
    with _change(engine, seat, chair=True) as (session, _):
        row = case_row(session, seat, case_id)
        row.decision_plan, row.follow_up = decision.plan, decision.follow_up
        row.decision = clean_text(decision.text, MAX_TEXT)
        row.dissent = clean_text(decision.dissent, MAX_TEXT)


def record_outcome(engine: Engine, seat: Seat, case_id: int, outcome: Outcome) -> None:
    """Keep what became of a patient; it can be corrected at any time after the reveal.

    Raises
    ------
    StoreError
        If a value is none, the case is not revealed, it is not the chair who asks, or it could
        not be written.
    """
    months = outcome.os_months
    if outcome.trg not in (None, 0, 1, 2, 3) or not (months is None or 0 <= months <= MOST_MONTHS):
        raise StoreError("board_outcome_malformed")
    with _change(engine, seat, chair=True) as (session, _):
        row = case_row(session, seat, case_id)
        if row.revealed_at is None:
            raise StoreError("board_case_not_revealed")
        row.trg, row.os_months, row.os_event = outcome.trg, months, outcome.os_event
