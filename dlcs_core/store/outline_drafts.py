"""Outlines that are being drawn: a reload, a crash or a restart loses none of them.

Kept by the hash of the image, the hash of the outline that was imported with it and the owner;
no identifier, no pixel, no name of a file.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import DateTime, Engine, String, Text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from dlcs_core.errors import StoreError
from dlcs_core.store.database import Base


class OutlineDraftRow(Base):
    """One row per image, imported outline and owner; see :class:`DraftKey`."""

    __tablename__ = "outline_drafts"

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    image_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    imported_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    drawing: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True)
class DraftKey:
    """Whose outline of what.

    Attributes
    ----------
    owner : str
        Signed-in account; ``""`` on an installation without sign-in.
    image_sha256 : str
        Hash of the image series.
    imported_sha256 : str
        Hash of the outline that came with it; ``""`` where none did.
    """

    owner: str
    image_sha256: str
    imported_sha256: str


@dataclass(frozen=True)
class OutlineDraft:
    """A kept outline: its drawing as decoded JSON, not checked, and when it was changed last."""

    drawing: object
    changed_at: datetime


def save_outline_draft(engine: Engine, key: DraftKey, drawing: object) -> None:
    """Keep an outline in place of the former one; when this returns it survives a kill.

    Raises
    ------
    StoreError
        If it could not be written.
    """
    text = json.dumps(drawing, separators=(",", ":"))
    row = OutlineDraftRow(**vars(key), changed_at=datetime.now(UTC), drawing=text)
    try:
        with Session(engine) as session, session.begin():
            session.merge(row)
    except SQLAlchemyError as error:
        raise StoreError("outline_not_saved", reason=type(error).__name__) from error


def outline_draft(engine: Engine, key: DraftKey) -> OutlineDraft | None:
    """Return the kept outline; None where there is none.

    Raises
    ------
    StoreError
        If the database could not be read.
    """
    try:
        with Session(engine) as session:
            row = session.get(OutlineDraftRow, tuple(vars(key).values()))
    except SQLAlchemyError as error:
        raise StoreError("outline_not_read", reason=type(error).__name__) from error
    return None if row is None else OutlineDraft(json.loads(row.drawing), row.changed_at)


def delete_outline_draft(engine: Engine, key: DraftKey) -> None:
    """Forget a kept outline.

    Raises
    ------
    StoreError
        If the database could not be written.
    """
    try:
        with Session(engine) as session, session.begin():
            row = session.get(OutlineDraftRow, tuple(vars(key).values()))
            if row is not None:
                session.delete(row)
    except SQLAlchemyError as error:
        raise StoreError("outline_not_saved", reason=type(error).__name__) from error
