"""One number of the paper, and what became of it."""

from dataclasses import dataclass
from typing import Literal

from dlcs_core.errors import Notice

Status = Literal["reproduced", "within_rounding", "not_reproduced", "impossible", "given"]

STATUSES: tuple[Status, ...] = (
    "reproduced",
    "within_rounding",
    "not_reproduced",
    "impossible",
    "given",
)
"""Same digits; possible given the rounding of what it follows from; neither; contradicts other
printed numbers or its own definition; nothing printed determines it."""

Key = tuple[str, str, str | None, str, str]


@dataclass(frozen=True)
class LedgerEntry:
    """One printed number.

    Attributes
    ----------
    table : str
        ``"1"``, ``"2"``, ``"3"`` or ``"text"``.
    item : str
        Characteristic, model or parameter as printed; for the text, where it stands.
    level : str or None
        Category as printed; None where the number belongs to the whole item.
    cohort : str
        ``training``, ``internal_validation``, ``external_validation``, ``follow_up``,
        ``os_training``, ``os_test`` or ``all``.
    quantity : str
        What the number is; worded by ``ledger_quantity_<quantity>``.
    printed : str
        As printed; empty where the paper left a blank.
    recomputed : str or None
        What follows from other printed numbers; None where nothing does.
    status : str
        One of :data:`STATUSES`.
    reason : Notice or None
        Why it cannot be reproduced or be right, or what must be known to read it.
    demo : str or None
        The same quantity on a demo cohort; None where none was given or it has no counterpart.
    """

    table: str
    item: str
    level: str | None
    cohort: str
    quantity: str
    printed: str
    recomputed: str | None
    status: Status
    reason: Notice | None = None
    demo: str | None = None

    @property
    def key(self) -> Key:
        """What identifies the number in the paper."""
        return self.table, self.item, self.level, self.cohort, self.quantity
