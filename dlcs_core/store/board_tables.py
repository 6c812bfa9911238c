"""The tables of the tumour board; meanings in :mod:`dlcs_core.store.board`."""

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dlcs_core.store.database import Base

MAX_NAME, MAX_LABEL, MAX_TEXT = 80, 120, 4000
"""Characters of a member's name, a case's label and a written decision."""


class BoardRow(Base):
    """One meeting. ``version`` grows with every change: who polls compares it."""

    __tablename__ = "boards"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer)
    current_case_id: Mapped[int | None] = mapped_column(Integer)


class SeatRow(Base):
    """One member of a meeting; the token that proves it is kept as its hash."""

    __tablename__ = "board_seats"

    id: Mapped[int] = mapped_column(primary_key=True)
    board_code: Mapped[str] = mapped_column(String(16), ForeignKey("boards.code"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True, index=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    is_chair: Mapped[bool] = mapped_column(Boolean)


class CaseRow(Base):
    """One case on an agenda: what is shown before the vote, and apart from it the result."""

    __tablename__ = "board_cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    board_code: Mapped[str] = mapped_column(String(16), ForeignKey("boards.code"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = mapped_column(String(MAX_LABEL))
    inputs_sha256: Mapped[str] = mapped_column(String(64))
    synthetic: Mapped[bool] = mapped_column(Boolean)
    form: Mapped[str] = mapped_column(Text)
    images: Mapped[bytes] = mapped_column(LargeBinary)
    result: Mapped[str] = mapped_column(Text)
    result_images: Mapped[bytes] = mapped_column(LargeBinary)
    truth: Mapped[str | None] = mapped_column(Text)
    revealed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decision_plan: Mapped[str] = mapped_column(String(40), default="")
    decision: Mapped[str] = mapped_column(Text, default="")
    dissent: Mapped[str] = mapped_column(Text, default="")
    follow_up: Mapped[date | None] = mapped_column(Date)
    trg: Mapped[int | None] = mapped_column(Integer)
    os_months: Mapped[float | None] = mapped_column(Float)
    os_event: Mapped[bool | None] = mapped_column(Boolean)


class VoteRow(Base):
    """One member's vote on one case; ``cast_at`` is empty while it is a draft."""

    __tablename__ = "board_votes"

    case_id: Mapped[int] = mapped_column(ForeignKey("board_cases.id"), primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("board_seats.id"), primary_key=True)
    response: Mapped[str] = mapped_column(String(20))
    plan: Mapped[str] = mapped_column(String(40))
    cast_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
