"""A tumour board's meeting as its members see it.

The vote is blind, and the store keeps it so: votes of others, the model's probability and the
whole result are handed out only for a case that the chair has revealed.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dlcs_core.errors import StoreError
from dlcs_core.store.board_case import (
    OpenCase,
    Outcome,
    PackedCase,
    RevealedCase,
    open_case,
    revealed_case,
)
from dlcs_core.store.board_tables import BoardRow, CaseRow, SeatRow, VoteRow
from dlcs_core.store.database import reading

RESPONSES = ("good", "poor", "unsure")
"""What a member can vote; "unsure" counts for neither side."""

PLANS = (
    "chemotherapy_then_surgery", "surgery_first", "other_systemic", "staging_first",
    "supportive", "other",
)  # fmt: skip
"""What a member can vote and the board decide. None of them is advised by the model."""


@dataclass(frozen=True)
class Seat:
    """A member's place in a meeting: its code, and the secret that proves whose it is."""

    code: str
    token: str


@dataclass(frozen=True)
class Member:
    """One member; ``name`` is what was typed, ``""`` until then."""

    seat_id: int
    name: str
    is_chair: bool


@dataclass(frozen=True)
class Vote:
    """One vote; a part is ``""`` while it is not chosen."""

    response: str = ""
    plan: str = ""

    @property
    def complete(self) -> bool:
        """Whether it can be cast."""
        return self.response in RESPONSES and self.plan in PLANS


@dataclass(frozen=True)
class Decision:
    """What the board put on record."""

    plan: str = ""
    text: str = ""
    dissent: str = ""
    follow_up: date | None = None


@dataclass(frozen=True)
class AgendaCase:
    """One case on the agenda, as far as this member may know it.

    Attributes
    ----------
    case_id : int
        Stays the same when the order changes.
    label : str
        Typed by a user: text only.
    synthetic : bool
        A phantom.
    revealed_at : datetime or None
        When the chair revealed the result.
    n_votes : int
        Votes that were cast.
    my_vote : Vote
        This member's, cast or in draft.
    my_vote_cast : bool
        Whether it counts.
    votes : tuple of Vote
        All cast votes, in no order that tells whose; empty until revealed.
    decision : Decision
        As far as written.
    outcome : Outcome
        What became of the patient, as far as entered.
    truth : Outcome or None
        What became of the phantom; None until revealed, and for patients.
    """

    case_id: int
    label: str
    synthetic: bool
    revealed_at: datetime | None
    n_votes: int
    my_vote: Vote
    my_vote_cast: bool
    votes: tuple[Vote, ...]
    decision: Decision
    outcome: Outcome
    truth: Outcome | None


@dataclass(frozen=True)
class Board:
    """A meeting as one member may see it.

    Attributes
    ----------
    code : str
        Who knows it can join.
    version : int
        Grows with every change.
    started_at : datetime
        In UTC.
    me : Member
        Who asks.
    members : tuple of Member
        In the order in which they joined.
    cases : tuple of AgendaCase
        The agenda.
    current : AgendaCase or None
        The case before the board; None while the agenda is empty.
    """

    code: str
    version: int
    started_at: datetime
    me: Member
    members: tuple[Member, ...]
    cases: tuple[AgendaCase, ...]
    current: AgendaCase | None


@contextmanager
def board_session(engine: Engine, code: str) -> Iterator[Session]:
    """Open a transaction; whatever the database refuses has the given code.

    Raises
    ------
    StoreError
        If the database could not be read or written.
    """
    try:
        with Session(engine) as session, session.begin():
            yield session
    except SQLAlchemyError as error:
        raise StoreError(code, reason=type(error).__name__) from error


def token_hash(token: str) -> str:
    """Return what is kept of a seat's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def seat_row(session: Session, seat: Seat) -> SeatRow:
    """Return the row of a seat.

    Raises
    ------
    StoreError
        If there is no such meeting, or no such seat in it.
    """
    query = select(SeatRow).where(
        SeatRow.token_sha256 == token_hash(seat.token), SeatRow.board_code == seat.code
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise StoreError("board_seat_not_found")
    return found


def board_version(engine: Engine, code: str) -> int:
    """Return a number that grows with every change of a meeting; 0 where there is none.

    Raises
    ------
    StoreError
        If the database could not be read.
    """
    with board_session(reading(engine), "board_not_read") as session:
        return session.scalar(select(BoardRow.version).where(BoardRow.code == code)) or 0


def read_board(engine: Engine, seat: Seat) -> Board:
    """Return a meeting as the holder of a seat may see it.

    Raises
    ------
    StoreError
        If there is no such seat or the database could not be read.
    """
    with board_session(reading(engine), "board_not_read") as session:
        mine = seat_row(session, seat)
        board = session.get_one(BoardRow, seat.code)
        in_order = select(SeatRow).where(SeatRow.board_code == seat.code).order_by(SeatRow.id)
        cases = tuple(_agenda_case(session, row, mine.id) for row in agenda_rows(session, seat))
        current = [case for case in cases if case.case_id == board.current_case_id] or cases[:1]
        return Board(
            code=board.code,
            version=board.version,
            started_at=board.started_at,
            me=_member(mine),
            members=tuple(_member(row) for row in session.scalars(in_order)),
            cases=cases,
            current=current[0] if current else None,
        )


def agenda_rows(session: Session, seat: Seat) -> Sequence[CaseRow]:
    """Return the cases of a meeting in their order."""
    query = select(CaseRow).where(CaseRow.board_code == seat.code)
    return session.scalars(query.order_by(CaseRow.place, CaseRow.id)).all()


def read_open_case(engine: Engine, seat: Seat, case_id: int) -> OpenCase:
    """Return what is shown of a case before the vote.

    Raises
    ------
    StoreError
        If there is no such case in this meeting, or it could not be read.
    """
    with board_session(reading(engine), "board_not_read") as session:
        seat_row(session, seat)
        return open_case(_packed(case_row(session, seat, case_id)))


def read_revealed_case(engine: Engine, seat: Seat, case_id: int) -> RevealedCase:
    """Return a whole case.

    Raises
    ------
    StoreError
        If the chair has not revealed it, there is no such case, or it could not be read.
    """
    with board_session(reading(engine), "board_not_read") as session:
        seat_row(session, seat)
        row = case_row(session, seat, case_id)
        if row.revealed_at is None:
            raise StoreError("board_case_not_revealed")
        return revealed_case(_packed(row))


def case_row(session: Session, seat: Seat, case_id: int) -> CaseRow:
    """Return the row of a case of this meeting.

    Raises
    ------
    StoreError
        If there is none.
    """
    found = session.get(CaseRow, case_id)
    if found is None or found.board_code != seat.code:
        raise StoreError("board_case_not_found")
    return found


def _packed(row: CaseRow) -> PackedCase:
    return PackedCase(row.form, row.images, row.result, row.result_images)


def _member(row: SeatRow) -> Member:
    return Member(row.id, row.name, row.is_chair)


def _agenda_case(session: Session, row: CaseRow, my_seat: int) -> AgendaCase:
    votes = session.scalars(select(VoteRow).where(VoteRow.case_id == row.id)).all()
    mine = next((vote for vote in votes if vote.seat_id == my_seat), None)
    cast = sorted((v.response, v.plan) for v in votes if v.cast_at is not None)
    revealed = row.revealed_at is not None
    return AgendaCase(
        case_id=row.id,
        label=row.label,
        synthetic=row.synthetic,
        revealed_at=row.revealed_at,
        n_votes=len(cast),
        my_vote=Vote(mine.response, mine.plan) if mine else Vote(),
        my_vote_cast=mine is not None and mine.cast_at is not None,
        votes=tuple(Vote(*vote) for vote in cast) if revealed else (),
        decision=Decision(row.decision_plan, row.decision, row.dissent, row.follow_up),
        outcome=Outcome(row.trg, row.os_months, row.os_event),
        truth=Outcome(**json.loads(row.truth)) if revealed and row.truth else None,
    )
