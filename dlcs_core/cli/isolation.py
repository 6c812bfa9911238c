"""Work on one untrusted image in a child process with limits.

Decoders are native code: a file made to break one can end the process, eat all memory or never
return, and no exception handler sees it. The child takes that; the parent words it.
"""

import atexit
import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
from collections.abc import Callable
from types import FrameType
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

PASSED_ON = (signal.SIGINT, signal.SIGTERM)
"""Signals that the parent hands to the child, which is what they are meant for."""

PR_SET_PDEATHSIG = 1
"""Option of Linux's ``prctl`` (linux/prctl.h)."""


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
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _be_child(work, parent)
    previous = [signal.signal(number, _pass_on_to(child)) for number in PASSED_ON]
    try:
        status = os.waitpid(child, 0)[1]
    finally:
        for number, handler in zip(PASSED_ON, previous, strict=True):
            signal.signal(number, handler)
    if os.WIFSIGNALED(status):
        raise _died_of(os.WTERMSIG(status))
    return os.WEXITSTATUS(status)


def _be_child(work: Callable[[], int], parent: int) -> NoReturn:
    """Work and end; whatever happens, two processes must not go on from here."""
    status = STATUS_UNKNOWN
    try:
        _end_with(parent)
        status = _limited(work)
        atexit._run_exitfuncs()  # some libraries remove their temporary folder only there
    finally:
        os._exit(status)


def _limited(work: Callable[[], int]) -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    ceiling = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold patient data
    # An interrupt as an exception could come within a lock of a library and never leave it.
    for ending in (*PASSED_ON, signal.SIGALRM):
        signal.signal(ending, signal.SIG_DFL)
    signal.alarm(SECONDS)
    gc.set_threshold(GARBAGE_THRESHOLD)
    return work()


def _end_with(parent: int) -> None:
    """Let the system end this process when its parent ends, also where that was killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(STATUS_UNKNOWN)


def _pass_on_to(child: int) -> Callable[[int, FrameType | None], None]:
    """Return a handler that hands its signal to the child."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    return pass_on


def _died_of(signal_number: int) -> UsageError:
    if signal_number == signal.SIGALRM:
        return UsageError("case_took_too_long", seconds=SECONDS)
    if signal_number in PASSED_ON:
        return UsageError("interrupted")
    return UsageError("case_ended_by_system")
