"""No page, figure or report says words that are not in the catalogues."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("app.py", "pages/*.py", "dlcs_core/ui/*.py", "dlcs_core/figures/*.py",
           "dlcs_core/report/*.py")  # fmt: skip

SHOWING_METHODS = frozenset({
    "button", "caption", "checkbox", "code", "date_input", "download_button", "error", "expander",
    "file_uploader", "form_submit_button", "header", "info", "link_button", "markdown", "metric",
    "multiselect", "number_input", "page_link", "pills", "popover", "radio", "segmented_control",
    "select_slider", "selectbox", "slider", "spinner", "status", "subheader", "success", "text",
    "text_area", "text_input", "time_input", "title", "toast", "toggle", "warning", "write",
})  # fmt: skip
"""Of Streamlit: the first argument is read by the visitor."""

SHOWN_NAMES = frozenset({
    "annotation_text", "caption", "help", "hovertemplate", "hovertext", "label", "labels", "name",
    "placeholder", "text", "texttemplate", "ticktext", "title", "title_text",
})  # fmt: skip
"""Keywords and dictionary keys, of Streamlit and plotly, whose values are read by the visitor."""

NOT_WORDS = re.compile(
    r"%\{[^}]*\}|<[^>]*>|&\w+;|:material/\w+:|:[a-z]+\[|\b(?:DLCS|DICOM|NIfTI|SEG|CSV|JSON|PDF|SVG|"
    r"PNG|PPTX|HTML|HU|mm|cm|px|CI|AUC|TRG|CEA|HR|OR|log|ln)\b"
)
"""Markup, fields of a template, and the units and names that both languages write alike."""

A_WORD = re.compile(r"[A-Za-z]{2,}")

DATA_NAMES = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)+|\?[a-z]+=")
"""Message codes, keys, file names, parts of an address: no text of ours reads like that."""


def written_texts(node):
    """The literal texts of an expression, without those handed on to a function."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr | ast.List | ast.Tuple):
        for part in node.values if isinstance(node, ast.JoinedStr) else node.elts:
            yield from written_texts(part)
    elif isinstance(node, ast.IfExp):
        yield from written_texts(node.body)
        yield from written_texts(node.orelse)
    elif isinstance(node, ast.BinOp):
        yield from written_texts(node.left)
        yield from written_texts(node.right)
    elif isinstance(node, ast.FormattedValue):
        yield from written_texts(node.value)
    elif isinstance(node, ast.ListComp | ast.GeneratorExp):
        yield from written_texts(node.elt)


def shown_expressions(tree):
    """Every expression of a module that lands in a place where the visitor reads it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if method in SHOWING_METHODS:
                yield from node.args[:1]
            yield from (k.value for k in node.keywords if k.arg in SHOWN_NAMES)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in SHOWN_NAMES:
                    yield value


def untranslated(source):
    """Line and text of every literal that has words and is shown."""
    return [
        (expression.lineno, text)
        for expression in shown_expressions(ast.parse(source))
        for text in written_texts(expression)
        if A_WORD.search(NOT_WORDS.sub(" ", text)) and not DATA_NAMES.fullmatch(text)
    ]


MODULES = [path for part in SOURCES for path in sorted(ROOT.glob(part))]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_words_come_from_the_catalogues(path):
    assert untranslated(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("source", [
    'st.button("Assess")',
    'st.markdown(f"**{n}** patients")',
    'left.caption("one" if one else say("ui_many"))',
    'figure.add_scatter(name="Observed")',
    'figure.add_annotation(text="<b>" + label + "</b> of all")',
    'figure.update_layout(title={"text": "Calibration"})',
    'go.Layout({"ticktext": ["good", "poor"]})',
    'st.text_input(label, help="Free text")',
])  # fmt: skip
def test_words_in_the_source_are_found(source):
    assert untranslated(source)


@pytest.mark.parametrize("source", [
    'st.button(say("ui_assess"), key="assess")',
    "st.markdown(f\"**{say('ui_assess')}** {value:.1f} mm\")",
    'figure.add_scatter(name="", hovertemplate="%{customdata}: %{x:.2f}<extra></extra>")',
    'st.code(path.read_text())',
])  # fmt: skip
def test_translated_words_units_and_templates_pass(source):
    assert untranslated(source) == []
