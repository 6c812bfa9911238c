"""What is chosen on an explorer, kept in its address: a view can be sent to a colleague.

Streamlit's own binding writes the *displayed* options into the address, which differ from
language to language; here the stable names stand in it. Data never do.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dlcs_core.translation import LANGUAGES
from dlcs_core.ui.words import LANGUAGE_KEY, language

_CHOSEN = "chosen_"
_LANGUAGE = "language_of_"
_DEFAULT = "default_of_"


def widget_key(key: str) -> str:
    """Return the key of a widget of choices in the language of this visit.

    The browser holds a choice as the words that stand on it: in another language it needs another
    widget, which is given the same choice.

    Parameters
    ----------
    key : str
        Name of the choice, in every language and in the address.
    """
    return key if language() == LANGUAGES[0] else f"{key}_{language()}"


def settle_choice(key: str, options: Sequence[str], default: str) -> str:
    """Give a widget its value before it is drawn, and return it.

    The value of this session comes first, then the address, then the default. A value that is
    no option (another table has other columns) gives way to the default.

    Parameters
    ----------
    key : str
        Name of the choice; the widget has :func:`widget_key` of it.
    options : sequence of str
        What may be chosen.
    default : str
        One of them.
    """
    for value in (_current(key), st.query_params.get(key)):
        if value in options:
            break
    else:
        value = default
    _settle(key, value)
    return str(value)


def settle_choices(key: str, options: Sequence[str], default: Sequence[str]) -> list[str]:
    """Give a widget of several values its values before it is drawn; see :func:`settle_choice`."""
    values = choices_in_use(key, options, default)
    _settle(key, values)
    return values


def choices_in_use(key: str, options: Sequence[str], default: Sequence[str]) -> list[str]:
    """Return the values of a choice whose widget this view may not draw."""
    current = _current(key)
    asked = st.query_params.get_all(key) if current is None else current
    values = [value for value in asked if value in options]
    if not values and (current is None or asked):
        values = list(default)
    return values


def _current(key: str) -> Any:
    """Return what is chosen in this session, in whatever language it was; None at first."""
    chosen = st.session_state.get(_CHOSEN + key)
    if st.session_state.get(_LANGUAGE + key, language()) != language():
        return chosen
    found = st.session_state.get(widget_key(key))
    return chosen if found is None else found


def _settle(key: str, value: object) -> None:
    st.session_state[_LANGUAGE + key] = language()
    if st.session_state.get(widget_key(key)) != value:
        st.session_state[widget_key(key)] = value


def remember(key: str, value: object) -> None:
    """Keep a choice for this session, whatever becomes of its widget."""
    st.session_state[_CHOSEN + key] = value


def settle_number(key: str, low: float, high: float, default: float) -> float:
    """Give a slider its value before it is drawn; see :func:`settle_choice`.

    A value that nobody moved follows the default, which another selection of patients changes.
    """
    current, previous = st.session_state.get(key), st.session_state.get(_DEFAULT + key)
    if current == previous != default:
        current = None
    st.session_state[_DEFAULT + key] = default
    for value in (current, _number(st.query_params.get(key))):
        if value is not None and low <= value <= high:
            break
    else:
        value = default
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return float(value)


def keep(key: str, value: object, default: object) -> None:
    """Write a choice into the address; what is the default anyway stays out of it.

    Parameters
    ----------
    key : str
        Of the widget.
    value, default : str, float or list of str
        What is chosen, and what a fresh visit starts with.
    """
    remember(key, value)
    _write(key, value, default)


def _write(key: str, value: object, default: object) -> None:
    """Write a value into the address unless it is the default."""
    texts = [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]
    standard = [str(i) for i in default] if isinstance(default, list | tuple) else [str(default)]
    if not texts or texts == standard:
        texts = []
    if st.query_params.get_all(key) == texts:
        return
    if texts:
        st.query_params[key] = texts
    else:
        st.query_params.pop(key, None)


def keep_language() -> None:
    """Write the language into the address, so that a link shows what its sender saw."""
    _write(LANGUAGE_KEY, language(), LANGUAGES[0])


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
