"""Work on one untrusted image in a child process with limits.

Decoders are native code: a file made to break one can end the process, eat all memory or never
return, and no exception handler sees it. The child takes that; the parent words it.
"""

import atexit
import contextlib
import gc
import os
import resource
import signal
from collections.abc import Callable
from typing import NoReturn

from dlcs_core.errors import UsageError

MEMORY_BYTES = 4 << 30
"""Private memory of one case; an ordinary one needs less than a tenth."""

SECONDS = 300
"""Longest time for one case; an ordinary one needs a few seconds."""


GARBAGE_THRESHOLD = 100_000
"""Objects between collections: importing makes many and no garbage (5 % of a cold call)."""

STATUS_UNKNOWN = 70
"""Exit status where the work raised against its promise; ``EX_SOFTWARE`` of sysexits.h."""


def run_isolated(work: Callable[[], int]) -> int:
    """Run some work in a child process.

    Parameters
    ----------
    work : callable
        Returns the exit status and has flushed what it wrote; must not raise.

    Returns
    -------
    int
        Its exit status.

    Raises
    ------
    UsageError
        If the child was ended by a signal: a crash, the time limit, or the system for memory.
    """
    child = os.fork()
    if child == 0:
        _be_child(work)
    previous = signal.signal(signal.SIGTERM, lambda *_: _end(child))
    try:
        status = _wait(child)
    finally:
        signal.signal(signal.SIGTERM, previous)
    if os.WIFSIGNALED(status):
        raise _died_of(os.WTERMSIG(status))
    return os.WEXITSTATUS(status)


def _be_child(work: Callable[[], int]) -> NoReturn:
    """Work and end; whatever happens, two processes must not go on from here."""
    status = STATUS_UNKNOWN
    try:
        status = _limited(work)
        atexit._run_exitfuncs()  # some libraries remove their temporary folder only there
    finally:
        os._exit(status)


def _limited(work: Callable[[], int]) -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    ceiling = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold patient data
    for ending in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(ending, signal.SIG_DFL)
    signal.alarm(SECONDS)
    gc.set_threshold(GARBAGE_THRESHOLD)
    return work()


def _end(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)


def _wait(child: int) -> int:
    """Wait for the child; an interrupt from the keyboard reaches it too, and it words it."""
    while True:
        try:
            return os.waitpid(child, 0)[1]
        except KeyboardInterrupt:
            continue


def _died_of(signal_number: int) -> UsageError:
    if signal_number == signal.SIGALRM:
        return UsageError("case_took_too_long", seconds=SECONDS)
    if signal_number == signal.SIGTERM:
        return UsageError("interrupted")
    return UsageError("case_ended_by_system")
