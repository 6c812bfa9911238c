"""Assessments and drafts of outlines.

Databases from before the first step have one or both tables already, exactly as below: what is
there is left alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables that are missing."""
    present = sa.inspect(op.get_bind()).get_table_names()
    if "assessments" not in present:
        _make_assessments()
    if "outline_drafts" not in present:
        _make_outline_drafts()


def _make_assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("image_sha256", sa.String(64), nullable=False),
        sa.Column("input_sha256", sa.String(64), nullable=False),
        sa.Column("bundle_sha256", sa.String(64), nullable=False),
        sa.Column("probability", sa.Float, nullable=True),
    )
    op.create_index("ix_assessments_image_sha256", "assessments", ["image_sha256"])


def _make_outline_drafts() -> None:
    op.create_table(
        "outline_drafts",
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("image_sha256", sa.String(64), primary_key=True),
        sa.Column("imported_sha256", sa.String(64), primary_key=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawing", sa.Text, nullable=False),
    )
