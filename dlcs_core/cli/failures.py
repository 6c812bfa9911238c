"""Whatever goes wrong while a verb works, as a refusal."""

from dlcs_core import __version__
from dlcs_core.errors import DlcsError, UsageError


def as_refusal(error: Exception) -> DlcsError:
    """Return the refusal that an exception amounts to.

    Parameters
    ----------
    error : Exception
        Anything raised on user input.

    Returns
    -------
    DlcsError
        The error itself where it is one already; never the text of a foreign exception, which
        may hold paths or patient text.
    """
    if isinstance(error, DlcsError):
        return error
    if isinstance(error, MemoryError):
        return UsageError("out_of_memory")
    if isinstance(error, OSError) and error.strerror:
        return UsageError("system_refused", reason=error.strerror)
    return UsageError("internal_error", version=__version__)
