"""The words of the pages, in the visitor's language."""

import re

import streamlit as st

from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import DlcsError, Notice
from dlcs_core.translation import LANGUAGES, sentence
from dlcs_core.ui.settings import read_settings

LANGUAGE_KEY = "lang"
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}

_MARKUP = re.compile(r"[\\`*_{}\[\]|~$<>&@]|:(?=\S)|(?<=www)\.|^[-+#=]")
"""What Markdown may read as more than text: marks, colour and icon codes, addresses, lists."""

_NUMBERED = re.compile(r"^(\d+)([.)])")


def language() -> str:
    """Return the language code of this visit: the one chosen, asked for in the address or set."""
    asked = st.session_state.get(LANGUAGE_KEY) or st.query_params.get(LANGUAGE_KEY)
    return asked if asked in LANGUAGES else read_settings().language


def say(code: str, **values: object) -> str:
    """Word a message code in the language of this visit."""
    return sentence(code, language(), **values)


def worded(code: str, otherwise: str) -> str:
    """Word a code that may have no sentence, such as a name from a bundle."""
    found = say(code)
    return otherwise if found == code else found


def variable_label(name: str) -> str:
    """Return the display name of a clinical variable."""
    return say(f"variable.{name}")


def level_label(name: str, level: str) -> str:
    """Return the display name of a level of a clinical variable."""
    return say(f"level.{name}.{level}")


def plain(text: object) -> str:
    """Escape text from files, so that Markdown shows it as it is and never as markup."""
    escaped = _MARKUP.sub(lambda found: "\\" + found[0], " ".join(str(text).split()))
    return _NUMBERED.sub(r"\1\\\2", escaped)


def sentence_shown(message: DlcsError | Notice) -> str:
    """Word a refusal or a warning for display; its values come from files and are escaped.

    A variable is called by its display name, not by its name in tables.
    """
    values = {
        key: variable_label(str(value))
        if key in ("variable", "column") and value in VARIABLE_BY_NAME
        else value
        for key, value in message.values.items()
    }
    return plain(sentence(message.code, language(), **values))
