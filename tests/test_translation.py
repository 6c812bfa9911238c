"""Every message code has an English and a Chinese sentence that asks for what it is given."""

import ast
import inspect
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from dlcs_core import errors
from dlcs_core.bundle.manifest import TRAINED_RANGES
from dlcs_core.clinical.limits import REFUSAL_BY_SLIP, WARNING_BY_SLIP
from dlcs_core.errors import ClinicalError, Notice
from dlcs_core.translation import (
    CATALOGUE_DIRECTORY,
    LANGUAGES,
    catalogue,
    read_catalogue,
    sentence,
    sentence_of,
)

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("app.py", "pages/*.py", "dlcs_core/**/*.py", "trainer/**/*.py")
MESSAGE_CLASSES = {
    name
    for name, member in vars(errors).items()
    if inspect.isclass(member) and (issubclass(member, errors.DlcsError) or member is Notice)
}
MADE_UP_CODES = (
    *REFUSAL_BY_SLIP.values(),
    *WARNING_BY_SLIP.values(),
    *(f"{name}_outside_training" for name in TRAINED_RANGES),
)
"""Codes that the source puts together instead of spelling them out in the call."""


def source_calls():
    """Every call in the program, with the place where it stands."""
    paths = [path for part in SOURCES for path in sorted(ROOT.glob(part))]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def literals(node):
    """The texts that an argument may be: a literal, or either arm of a condition."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def given_fields(call):
    """The values that a call hands to its sentence, or None where they are not spelt out."""
    if call.func.id == "Notice":
        if len(call.args) < 2:
            return frozenset()
        values = call.args[1]
        spelt = isinstance(values, ast.Dict) and all(
            isinstance(key, ast.Constant) for key in values.keys
        )
        return frozenset(key.value for key in values.keys) if spelt else None
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(names)


MESSAGES = [
    (place, code, given_fields(call))
    for place, call in source_calls()
    if call.func.id in MESSAGE_CLASSES and call.args
    for code in literals(call.args[0])
]
WORDED = [
    (place, code)
    for place, call in source_calls()
    if call.func.id in ("sentence", "say") and call.args
    for code in literals(call.args[0])
]


def fields_of(template):
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def test_the_source_is_searched_well_enough_to_find_known_codes():
    codes = {code for _, code, _ in MESSAGES}
    assert {"value_not_a_level", "clinical_key_twice", "contrast_not_stated"} <= codes
    assert "text_study" in {code for _, code in WORDED}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence(language):
    codes = {code for _, code, _ in MESSAGES} | {code for _, code in WORDED} | set(MADE_UP_CODES)
    assert sorted(codes - set(catalogue(language))) == []


def test_every_sentence_gets_what_it_names():
    short = [
        (place, code, sorted(fields_of(catalogue("en")[code]) - given))
        for place, code, given in MESSAGES
        if given is not None and code in catalogue("en")
        if fields_of(catalogue("en")[code]) - given
    ]
    assert short == []


def test_both_languages_say_the_same_things():
    english, chinese = (catalogue(language) for language in LANGUAGES)
    assert sorted(set(english) ^ set(chinese)) == []
    differing = [c for c in english if fields_of(english[c]) != fields_of(chinese.get(c, ""))]
    assert differing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_is_worded_twice(language):
    codes = Counter()
    for path in (CATALOGUE_DIRECTORY / language).glob("*.po"):
        with path.open("rb") as stream:
            codes.update({str(message.id) for message in read_po(stream) if message.id})
    assert [code for code, count in codes.items() if count > 1] == []


@pytest.mark.parametrize("path", sorted(CATALOGUE_DIRECTORY.glob("*/*.po")), ids=lambda p: p.stem)
def test_catalogues_are_read_as_a_gettext_library_reads_them(path):
    with path.open("rb") as stream:
        read = read_po(stream, abort_invalid=True)
    assert read_catalogue(path) == {m.id: m.string for m in read if m.id}


def test_strings_over_several_lines_and_escapes_are_joined(tmp_path):
    lines = ('msgid ""', 'msgstr "header"', "", 'msgid "a"', r'msgstr "b \"c\""', r'"\\d"', "")
    (tmp_path / "a.po").write_text("\n".join(lines))
    assert read_catalogue(tmp_path / "a.po") == {"a": 'b "c"\\d'}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_filled_and_on_one_line(language):
    bad = [code for code, text in catalogue(language).items() if not text or "\n" in text]
    assert bad == []


def test_chinese_sentences_are_chinese():
    plain = [
        code
        for code in {code for _, code, _ in MESSAGES}
        if not any("\u4e00" <= character <= "\u9fff" for character in catalogue("zh").get(code, ""))
    ]
    assert plain == []


def test_an_unknown_language_reads_as_english():
    assert sentence("research_use_only", "xx") == sentence("research_use_only", "en")


def test_values_are_never_read_as_templates():
    error = ClinicalError("clinical_key_twice", key="{0.__class__}")
    assert "{0.__class__}" in sentence_of(error)
