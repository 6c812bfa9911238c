import pytest

from dlcs_core.bundle.strict_json import parse_strict
from dlcs_core.errors import BundleError


def test_plain_object_is_parsed():
    assert parse_strict('{"a": [1, 2.5, null, "ß"]}'.encode(), "f") == {"a": [1, 2.5, None, "ß"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "[1]",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e400}',
        '{"a": -1e21}',
        '{"a": 1000000000000000000000}',
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        '{"a": 1} {}',
        "{'a': 1}",
        '{"a": ' + "[" * 40 + "]" * 40 + "}",
        '{"a": ' + "[" * 200_000 + "]" * 200_000 + "}",
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_lenient_json_is_refused(text):
    with pytest.raises(BundleError, match="bundle_json_invalid"):
        parse_strict(text.encode(), "f")


@pytest.mark.parametrize("content", [b'\xef\xbb\xbf{"a": 1}', b'{"a": "\xff"}'])
def test_bytes_that_are_no_plain_utf8_are_refused(content):
    with pytest.raises(BundleError, match="bundle_json_invalid"):
        parse_strict(content, "f")
