"""What a verb may write where: the result to stdout, progress and one refusal line to stderr.

Native libraries write to the file descriptors 1 and 2 as they please, and so do worker
processes; while a verb works, both lead nowhere and only this module's writes get through.
"""

import io
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from dlcs_core.errors import DlcsError, Notice

LANGUAGE_VARIABLE = "DLCS_LANGUAGE"
RESEARCH_USE_CODE = "research_use_only"


def language() -> str:
    """Return the language of messages: ``DLCS_LANGUAGE``, else English."""
    return os.environ.get(LANGUAGE_VARIABLE, "en")


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence everything but this process's own ``sys.stdout`` and ``sys.stderr``."""
    with _private_stream(1, "stdout"), _private_stream(2, "stderr"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        disabled = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        hooks = threading.excepthook, sys.unraisablehook
        threading.excepthook = sys.unraisablehook = _discard
        try:
            yield
        finally:
            threading.excepthook, sys.unraisablehook = hooks
            logging.disable(disabled)


def _discard(_: object) -> None:
    """Take an exception that nobody can handle; its traceback may hold patient text."""


@contextmanager
def _private_stream(descriptor: int, name: str) -> Iterator[None]:
    """Keep a standard stream for Python and lead its file descriptor nowhere.

    Output that is still in the buffer when an exception comes is dropped: a refusal leaves
    nothing on stdout. stderr is written line by line.
    """
    shared: TextIO | None = getattr(sys, name)
    if shared is None:  # closed by the caller
        yield
        return
    shared.flush()
    kept = os.dup(descriptor)
    _lead_nowhere(descriptor)
    private = io.TextIOWrapper(
        os.fdopen(kept, "wb", closefd=False),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=name == "stderr",
    )
    setattr(sys, name, private)
    try:
        yield
        private.flush()
    finally:
        setattr(sys, name, shared)
        os.dup2(kept, descriptor)
        _lead_nowhere(kept)  # what could not be written is dropped, not tried again
        private.flush()
        os.close(kept)


def _lead_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def write_json(content: Mapping[str, object]) -> None:
    """Write one JSON object to stdout; a number that is not finite is a defect and raises."""
    print(json.dumps(content, allow_nan=False))


def write_lines(lines: Iterable[str]) -> None:
    """Write text lines to stdout."""
    for line in lines:
        print(one_line(line))


def warning_list(notices: Iterable[Notice]) -> list[dict[str, str]]:
    """Return notices as every JSON object carries them, each once, in order."""
    from dlcs_core.translation import sentence_of

    worded = {(n.code, one_line(sentence_of(n, language()))): None for n in notices}
    return [{"code": code, "message": message} for code, message in worded]


def refusal_line(error: DlcsError) -> str:
    """Return the one line that a refusal prints."""
    from dlcs_core.translation import sentence_of

    return one_line(sentence_of(error, language()))


def one_line(text: str) -> str:
    """Return text on one line without control characters."""
    joined = " ".join(text.split())
    return "".join(character if character.isprintable() else "?" for character in joined)


def wants_progress(asked: bool) -> bool:
    """Return whether progress is shown: when asked for, or when stderr is a terminal."""
    return asked or sys.stderr.isatty()
