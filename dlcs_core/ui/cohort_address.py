"""What is chosen on an explorer, kept in its address: a view can be sent to a colleague.

Streamlit's own binding writes the *displayed* options into the address, which differ from
language to language; here the stable names stand in it. Data never do.
"""

from collections.abc import Sequence

import streamlit as st

from dlcs_core.translation import LANGUAGES
from dlcs_core.ui.words import LANGUAGE_KEY, language


def settle_choice(key: str, options: Sequence[str], default: str) -> str:
    """Give a widget its value before it is drawn, and return it.

    The value of this session comes first, then the address, then the default. A value that is
    no option (another table has other columns) gives way to the default.

    Parameters
    ----------
    key : str
        Of the widget, and of the address.
    options : sequence of str
        What may be chosen.
    default : str
        One of them.
    """
    for value in (st.session_state.get(key), st.query_params.get(key)):
        if value in options:
            break
    else:
        value = default
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return str(value)


def settle_choices(key: str, options: Sequence[str], default: Sequence[str]) -> list[str]:
    """Give a widget of several values its values before it is drawn; see :func:`settle_choice`."""
    current = st.session_state.get(key)
    asked = st.query_params.get_all(key) if current is None else current
    values = [value for value in asked if value in options]
    if not values and (current is None or asked):
        values = list(default)
    if current != values:
        st.session_state[key] = values
    return values


def settle_number(key: str, low: float, high: float, default: float) -> float:
    """Give a slider its value before it is drawn; see :func:`settle_choice`."""
    for value in (st.session_state.get(key), _number(st.query_params.get(key))):
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
    keep(LANGUAGE_KEY, language(), LANGUAGES[0])


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
