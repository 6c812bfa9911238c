"""Progress on stderr with the time left, only where a person watches."""

import sys
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    ProgressBar = tqdm[int]


def progress_bar(total: int, what: str, unit: str) -> "ProgressBar":
    """Return a bar with count, rate and time left; silent unless stderr is a terminal.

    Parameters
    ----------
    total : int
        Units of work.
    what : str
        Shown in front of the bar.
    unit : str
        Name of a unit.
    """
    hidden = not sys.stderr.isatty()
    return tqdm(range(total), desc=what, unit=f" {unit}", disable=hidden)
