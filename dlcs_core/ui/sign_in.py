"""Sign-in, only where ``.streamlit/secrets.toml`` asks for it.

Two ways, both fail closed. Local accounts, for a site without an identity provider::

    [accounts.chen]
    roles = ["clinician", "analyst"]
    password = "scrypt$<salt in hex>$<key in hex>"      # made by sign_in.hashed_password

or an OpenID Connect provider in Streamlit's own ``[auth]`` section, with the roles beside it::

    [roles]
    "chen@hospital.example" = ["clinician"]
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dlcs_core.ui.words import say

EVERY_ROLE = "viewer"
"""The role of whoever is signed in."""

_ROLES_KEY = "signed_in_roles"
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


def hashed_password(password: str, salt: bytes | None = None) -> str:
    """Return what ``secrets.toml`` keeps instead of a password.

    Parameters
    ----------
    password : str
        The password.
    salt : bytes, optional
        16 random bytes by default.

    Returns
    -------
    str
        ``scrypt$salt$key`` in hexadecimal.
    """
    salt = secrets.token_bytes(16) if salt is None else salt
    key = hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT)
    return f"scrypt${salt.hex()}${key.hex()}"


def password_matches(password: str, stored: str) -> bool:
    """Tell whether a password is the one that was stored; False for a malformed entry."""
    scheme, _, rest = stored.partition("$")
    salt, _, _ = rest.partition("$")
    try:
        expected = hashed_password(password, bytes.fromhex(salt))
    except ValueError:
        return False
    return scheme == "scrypt" and bool(salt) and hmac.compare_digest(expected, stored)


def allowed(role: str) -> bool:
    """Tell whether this visitor may see a page; draw the sign-in where one is needed.

    Parameters
    ----------
    role : str
        What the page asks for.
    """
    configured = _configured()
    if not configured:
        return True
    roles = _roles_of_provider(configured) if "auth" in configured else _roles_of_account()
    if roles is None:
        _draw_sign_in(configured)
        return False
    if role == EVERY_ROLE or role in roles:
        return True
    st.error(say("ui_not_allowed"))
    return False


def _configured() -> Mapping[str, Any]:
    """Return the sections of the secrets that ask for a sign-in."""
    try:
        found = st.secrets.to_dict()
    except FileNotFoundError:
        return {}
    return {name: found[name] for name in ("auth", "accounts", "roles") if name in found}


def _roles_of_provider(configured: Mapping[str, Any]) -> tuple[str, ...] | None:
    if not st.user.get("is_logged_in"):
        return None
    return tuple(configured.get("roles", {}).get(str(st.user.get("email")), ()))


def _roles_of_account() -> tuple[str, ...] | None:
    roles = st.session_state.get(_ROLES_KEY)
    return None if roles is None else tuple(roles)


def _draw_sign_in(configured: Mapping[str, Any]) -> None:
    st.title(say("ui_sign_in"))
    if "auth" in configured:
        st.button(say("ui_sign_in"), type="primary", on_click=st.login, key="sign_in_provider")
        return
    with st.form("sign_in", width=420):
        name = st.text_input(say("ui_account"), key="sign_in_account")
        password = st.text_input(say("ui_password"), type="password", key="sign_in_password")
        sent = st.form_submit_button(say("ui_sign_in"), type="primary")
    if sent:
        _sign_in(configured.get("accounts", {}).get(name, {}), password)


def _sign_in(account: Mapping[str, Any], password: str) -> None:
    if not password_matches(password, str(account.get("password", ""))):
        st.error(say("ui_sign_in_failed"))
        return
    st.session_state[_ROLES_KEY] = list(account.get("roles", ()))
    st.rerun()
