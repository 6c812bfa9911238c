"""The whole JSON of one phantom, as it was when last looked at.

Set ``DLCS_UPDATE_GOLDEN=1`` to write it anew after a change that was meant, and say in the
CHANGELOG under "Numbers changed" what moved.
"""

import json
import os
from pathlib import Path

import pytest

from dlcs_core.report.case import assess_case
from dlcs_core.report.case_json import case_json

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "case.json"

RELATIVE = 1e-4
"""Processors sum in different orders; a change of method moves more than this."""


def assert_alike(found, expected, place="$"):
    """Same keys, texts and lengths; numbers within the tolerance."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), place
        for name, member in expected.items():
            assert_alike(found[name], member, f"{place}.{name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), place
        for index, member in enumerate(expected):
            assert_alike(found[index], member, f"{place}[{index}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=RELATIVE, abs=1e-9), place
    else:
        assert found == expected, place


def test_the_phantoms_json_is_as_last_looked_at(study, record, bundle):
    content = json.loads(json.dumps(case_json(assess_case(study, record, bundle))))
    content["bundle"].pop("sha256")  # names the program's version too
    if os.environ.get("DLCS_UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    assert_alike(content, json.loads(GOLDEN.read_text(encoding="utf-8")))
