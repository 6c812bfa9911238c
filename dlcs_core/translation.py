"""From a message code to a sentence, in English or Chinese, by gettext catalogues.

The catalogues are ``assets/translations/<language>/<area>.po`` with the code as ``msgid`` and a
``str.format`` template as ``msgstr``. They are read as they are, so there is no build step. A
code without a Chinese sentence falls back to English; a code without an English one is a defect
that ``tests/test_translation.py`` finds.
"""

import json
import re
from functools import cache
from pathlib import Path

from dlcs_core.errors import DlcsError, Notice

LANGUAGES = ("en", "zh")
"""Language codes with a catalogue; the first is the fallback."""

CATALOGUE_DIRECTORY = Path(__file__).resolve().parents[1] / "assets" / "translations"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return every sentence of one language by its code.

    Parameters
    ----------
    language : str
        One of ``LANGUAGES``.

    Returns
    -------
    dict of str to str
        Message code to ``str.format`` template.
    """
    return {
        code: text
        for path in sorted((CATALOGUE_DIRECTORY / language).glob("*.po"))
        for code, text in read_catalogue(path).items()
    }


def read_catalogue(path: Path) -> dict[str, str]:
    """Return the sentences of one catalogue file by their code.

    Parameters
    ----------
    path : Path
        A gettext catalogue with ``msgid`` and ``msgstr`` only: no plurals, no contexts.

    Returns
    -------
    dict of str to str
        Without the header entry.

    Notes
    -----
    A dozen lines instead of a gettext library: every cold command words something, and a bare
    training machine has no such library. A test holds them against Babel's reader.
    """
    entries = _ENTRY.findall(path.read_text(encoding="utf-8"))
    return {_joined(code): _joined(text) for code, text in entries if _joined(code)}


_STRINGS = r'("[^\n]*"(?:\n"[^\n]*")*)'
_ENTRY = re.compile(rf"^msgid {_STRINGS}\nmsgstr {_STRINGS}", re.MULTILINE)


def _joined(quoted: str) -> str:
    """Return the text of adjacent quoted strings; a catalogue escapes as JSON does."""
    return "".join(json.loads(line) for line in quoted.splitlines())


def sentence(code: str, language: str = "en", **values: object) -> str:
    """Word a message code.

    Parameters
    ----------
    code : str
        Message code.
    language : str
        ``"en"`` or ``"zh"``; anything else reads as English.
    **values : object
        Values of the template's fields.

    Returns
    -------
    str
        The sentence on one line; the code itself where no catalogue has it.
    """
    template = catalogue(language).get(code) if language in LANGUAGES else None
    template = template or catalogue(LANGUAGES[0]).get(code) or code
    return template.format(**values)


def sentence_of(message: DlcsError | Notice, language: str = "en") -> str:
    """Word an error or a notice; see :func:`sentence`."""
    return sentence(message.code, language, **message.values)
