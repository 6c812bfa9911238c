"""From a message code to a sentence, in English or Chinese, by gettext catalogues.

The catalogues are ``assets/translations/<language>/<area>.po`` with the code as ``msgid`` and a
``str.format`` template as ``msgstr``. They are read as they are, so there is no build step. A
code without a Chinese sentence falls back to English; a code without an English one is a defect
that ``tests/test_translation.py`` finds.
"""

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
    from babel.messages.pofile import read_po

    sentences: dict[str, str] = {}
    for path in sorted((CATALOGUE_DIRECTORY / language).glob("*.po")):
        with path.open("rb") as stream:
            for message in read_po(stream, abort_invalid=True):
                if message.id:
                    sentences[str(message.id)] = str(message.string)
    return sentences


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
