"""Every assessment that was made: how often a study was assessed, and with what range.

Outlining again until the number pleases stays visible. Only hashes and results are kept: no
identifier, no pixel, no name.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import DateTime, Engine, Float, String, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from dlcs_core.errors import StoreError
from dlcs_core.store.database import Base


class AssessmentRow(Base):
    """One row per assessment; see :class:`Assessment`."""

    __tablename__ = "assessments"

    id: Mapped[int] = mapped_column(primary_key=True)
    assessed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    image_sha256: Mapped[str] = mapped_column(String(64), index=True)
    input_sha256: Mapped[str] = mapped_column(String(64))
    bundle_sha256: Mapped[str] = mapped_column(String(64))
    probability: Mapped[float | None] = mapped_column(Float)


@dataclass(frozen=True)
class Assessment:
    """What is kept of one assessment.

    Attributes
    ----------
    image_sha256 : str
        Hash of the image series, whatever the outline.
    input_sha256 : str
        Hash of image, outline and clinical form together.
    bundle_sha256 : str
        Hash of the model.
    probability : float or None
        Probability of good response (DLCS, or the DL signature where that is null); None where
        the assessment abstained.
    """

    image_sha256: str
    input_sha256: str
    bundle_sha256: str
    probability: float | None


@dataclass(frozen=True)
class AssessmentHistory:
    """How often one image was assessed with one model.

    Attributes
    ----------
    n_assessments : int
        Distinct inputs (outlines or forms); the same input assessed twice counts once.
    lowest, highest : float or None
        Range of the probabilities; None where every assessment abstained.
    """

    n_assessments: int
    lowest: float | None
    highest: float | None


def record_assessment(engine: Engine, assessment: Assessment) -> None:
    """Add one assessment; when this returns it survives a kill.

    Raises
    ------
    StoreError
        If the row could not be written.
    """
    row = AssessmentRow(assessed_at=datetime.now(UTC), **vars(assessment))
    try:
        with Session(engine) as session, session.begin():
            session.add(row)
    except SQLAlchemyError as error:
        raise StoreError("assessment_not_saved", reason=type(error).__name__) from error


def assessment_history(engine: Engine, image_sha256: str, bundle_sha256: str) -> AssessmentHistory:
    """Count the distinct inputs assessed of one image with one model.

    Raises
    ------
    StoreError
        If the database could not be read.
    """
    query = select(
        func.count(AssessmentRow.input_sha256.distinct()),
        func.min(AssessmentRow.probability),
        func.max(AssessmentRow.probability),
    ).where(
        AssessmentRow.image_sha256 == image_sha256, AssessmentRow.bundle_sha256 == bundle_sha256
    )
    try:
        with Session(engine) as session:
            n_assessments, lowest, highest = session.execute(query).one()
    except SQLAlchemyError as error:
        raise StoreError("assessments_not_read", reason=type(error).__name__) from error
    return AssessmentHistory(n_assessments, lowest, highest)
