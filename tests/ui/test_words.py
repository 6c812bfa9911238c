"""Text from files is shown as it is and never read as markup."""

import pytest

from dlcs_core.errors import ClinicalError
from dlcs_core.ui.words import plain, sentence_shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Portal venous, 5.0 mm", "Portal venous, 5.0 mm"),
        ("**bold** _x_", r"\*\*bold\*\* \_x\_"),
        ("[a](http://b)", r"\[a\](http\://b)"),
        ("<img src=x>", r"\<img src=x\>"),
        (":red[x] :material/home:", r"\:red\[x\] \:material/home:"),
        ("www.evil.example", r"www\.evil.example"),
        ("a@b.example", r"a\@b.example"),
        ("# head", r"\# head"),
        ("1. list", r"1\. list"),
        ("two\nlines", "two lines"),
        ("$x$", r"\$x\$"),
    ],
)
def test_markup_is_taken_literally(text, shown):
    assert plain(text) == shown


def test_a_sentence_calls_a_variable_by_its_display_name():
    error = ClinicalError("value_not_whole", variable="enlarged_lymph_nodes", value="2.5")
    assert "Enlarged lymph nodes is 2.5" in sentence_shown(error)
