"""Sign-in: none without secrets; with accounts no page shows anything to a stranger."""

import pytest

from dlcs_core.ui.shell import PAGES
from dlcs_core.ui.sign_in import hashed_password, password_matches

NAMES = [entry.path.removeprefix("pages/").removesuffix(".py") for entry in PAGES]


@pytest.fixture
def guarded(app):
    """The app with one account, which may see the explorers."""
    account = {"roles": ["analyst"], "password": hashed_password("correct horse")}
    app.secrets["accounts"] = {"chen": account}
    return app


def signed_in(app, password):
    app.text_input(key="sign_in_account").set_value("chen")
    app.text_input(key="sign_in_password").set_value(password)
    (submit,) = app.form_submit_button
    return submit.click().run()


@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_sees_only_the_sign_in(guarded, name):
    guarded.run()
    app = guarded.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Sign in"]
    assert not app.get("plotly_chart")
    assert not app.table
    assert not app.dataframe


def test_a_wrong_password_opens_nothing(guarded):
    app = signed_in(guarded.run(), "wrong")
    assert len(app.error) == 1
    assert [title.value for title in app.title] == ["Sign in"]


def test_an_account_sees_the_pages_of_its_roles_and_no_other(guarded):
    app = signed_in(guarded.run(), "correct horse")
    assert len(app.error) == 1
    assert "no right" in app.error[0].value
    app.switch_page("pages/response_explorer.py").run()
    assert [title.value for title in app.title] == ["Response explorer"]
    assert not app.error
    app.switch_page("pages/model_card.py").run()
    assert [title.value for title in app.title] == ["Model card"]


@pytest.fixture
def provided(app):
    """The app behind an identity provider."""
    app.secrets["auth"] = {"redirect_uri": "http://localhost/oauth2callback"}
    app.secrets["roles"] = {"chen@hospital.example": ["clinician"]}
    return app


@pytest.mark.parametrize(
    ("user", "title"),
    [
        ({"is_logged_in": False}, "Sign in"),
        ({}, "Sign in"),
        ({"is_logged_in": True, "email": "chen@hospital.example"}, "Case review"),
    ],
)
def test_a_provider_decides_who_is_signed_in(provided, user, title):
    provided.user = user
    app = provided.run()
    assert not app.exception
    assert [element.value for element in app.title] == [title]


def test_a_signed_in_stranger_has_no_role(provided):
    provided.user = {"is_logged_in": True, "email": "mallory@elsewhere.example"}
    app = provided.run()
    assert not app.title
    assert "no right" in app.error[0].value


def test_a_password_is_stored_salted_and_cannot_be_read():
    first, second = hashed_password("secret"), hashed_password("secret")
    assert first != second
    assert "secret" not in first
    assert password_matches("secret", first)
    assert not password_matches("Secret", first)


@pytest.mark.parametrize(
    "stored", ["", "scrypt$", "scrypt$zz$00", "plain", "scrypt$$", "md5$00$00"]
)
def test_a_malformed_entry_matches_no_password(stored):
    assert not password_matches("", stored)
    assert not password_matches("anything", stored)
