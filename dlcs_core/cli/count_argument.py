"""A whole number on the command line: resamples, imputations, seeds."""

import argparse
from collections.abc import Callable

MOST_RESAMPLES = 10_000
LARGEST_SEED = 2**32 - 1


def whole_number(lowest: int, highest: int, *, or_none: bool = False) -> Callable[[str], int]:
    """Return a reader of whole numbers within limits.

    Parameters
    ----------
    lowest, highest : int
        Limits, both allowed.
    or_none : bool
        Whether 0 is allowed too, for "not at all".

    Returns
    -------
    callable
        Takes the text of an argument; refuses it with the limits.

    Examples
    --------
    >>> whole_number(2, 50, or_none=True)("0")
    0
    """
    expected = f"a whole number from {lowest} to {highest}" + (" or 0" if or_none else "")

    def read(text: str) -> int:
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
        if not (lowest <= value <= highest or (or_none and value == 0)):
            raise argparse.ArgumentTypeError(f"{expected} is expected")
        return value

    return read
