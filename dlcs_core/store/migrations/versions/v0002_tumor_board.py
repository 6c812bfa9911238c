"""Tumour boards: meetings, seats, cases and votes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "boards",
        sa.Column("code", sa.String(16), primary_key=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("current_case_id", sa.Integer, nullable=True),
    )
    op.create_table(
        "board_seats",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("board_code", sa.String(16), sa.ForeignKey("boards.code"), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("is_chair", sa.Boolean, nullable=False),
    )
    op.create_index("ix_board_seats_token_sha256", "board_seats", ["token_sha256"], unique=True)
    op.create_index("ix_board_seats_board_code", "board_seats", ["board_code"])
    _make_cases()
    op.create_table(
        "board_votes",
        sa.Column("case_id", sa.Integer, sa.ForeignKey("board_cases.id"), primary_key=True),
        sa.Column("seat_id", sa.Integer, sa.ForeignKey("board_seats.id"), primary_key=True),
        sa.Column("response", sa.String(20), nullable=False),
        sa.Column("plan", sa.String(40), nullable=False),
        sa.Column("cast_at", sa.DateTime(timezone=True), nullable=True),
    )


def _make_cases() -> None:
    op.create_table(
        "board_cases",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("board_code", sa.String(16), sa.ForeignKey("boards.code"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("inputs_sha256", sa.String(64), nullable=False),
        sa.Column("synthetic", sa.Boolean, nullable=False),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("images", sa.LargeBinary, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("result_images", sa.LargeBinary, nullable=False),
        sa.Column("truth", sa.Text, nullable=True),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_plan", sa.String(40), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("dissent", sa.Text, nullable=False),
        sa.Column("follow_up", sa.Date, nullable=True),
        sa.Column("trg", sa.Integer, nullable=True),
        sa.Column("os_months", sa.Float, nullable=True),
        sa.Column("os_event", sa.Boolean, nullable=True),
    )
    op.create_index("ix_board_cases_board_code", "board_cases", ["board_code"])
