"""Files changed at random: each is read or refused by name, never an exception of another kind."""

import io
import json
import random
import time

import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.clinical.record import read_record
from dlcs_core.errors import ClinicalError
from dlcs_core.translation import sentence_of

FORM = {"patient_id": "A", "age_years": 62, "sex": "male", "albumin_g_l": 39.5, "cea": "unknown"}
TOKENS = (
    b"NaN", b"1e999", b"\xff", b"\x00", b'"', b"{", b"[", b"-", b"\xe4\xb8", b";", b"\n", b"\t",
    b",,,", b"0x10", b"1_000", b"inf", b"True", b"null", b"9" * 30, b"=1+1", b"\r", b"<!DOCTYPE",
)  # fmt: skip


def mutated(draw, seed):
    """Change a few bytes: overwrite, delete, insert, repeat or replace."""
    content = bytearray(seed)
    for _ in range(draw.randint(1, 4)):
        start = draw.randrange(len(content) + 1)
        stop = min(len(content), start + draw.randint(0, 20))
        inserted = draw.choice(
            (bytes([draw.randrange(256)]), b"", draw.choice(TOKENS), bytes(content[start:stop]) * 2)
        )
        content[start : stop if draw.random() < 0.5 else start] = inserted
    return bytes(content)


@pytest.fixture
def seeds(table):
    workbook = io.BytesIO()
    table.to_excel(workbook, index=False)
    return {
        "form": json.dumps(FORM).encode(),
        "text": table.to_csv(index=False).encode(),
        "workbook": workbook.getvalue(),
    }


@pytest.mark.parametrize(
    ("kind", "read", "count"),
    [("form", read_record, 600), ("text", read_cohort, 300), ("workbook", read_cohort, 100)],
)
def test_a_changed_file_is_read_or_refused_by_name(seeds, tmp_path, kind, read, count):
    draw = random.Random(20261124)
    path = tmp_path / "changed"
    sentences = {}
    for _ in range(count):
        path.write_bytes(mutated(draw, seeds[kind]))
        start = time.process_time()
        try:
            read(path)
        except ClinicalError as refusal:
            sentences[refusal.code] = sentence_of(refusal)
        assert time.process_time() - start < 20
    assert sentences
    assert not any("\n" in text for text in sentences.values())
