"""Every table verb on tables that no statistic can bear: a named refusal or a named warning."""

import json
import re
import time
from functools import partial

import numpy as np
import pytest

N = 60
VERBS = {
    "response": ("evaluate", "response", "--scores", "score", "--bootstrap", "20"),
    "survival": (
        "evaluate", "survival", "--risk", "risk", "--survival", "12=s12,24=s24", "--times",
        "12,24", "--group", "arm",
    ),
    "logistic": ("associate", "--outcome", "good_response", "--variables", "size,arm"),
    "cox": ("associate", "--time", "os_months", "--event", "os_event", "--variables", "size,arm"),
    "table1": ("table1", "--by", "good_response", "--variables", "size,arm"),
}  # fmt: skip
NOTHING_OF_A_NUMBER = re.compile(r"\b(NaN|Infinity)\b")


@pytest.fixture
def columns():
    rng = np.random.default_rng(4)
    good = rng.random(N) < 0.45
    return {
        "patient_id": [f"P{i}" for i in range(N)],
        "good_response": good.astype(int).tolist(),
        "score": (0.3 + 0.3 * good + 0.3 * rng.random(N)).round(4).tolist(),
        "os_months": rng.exponential(25, N).clip(0.3, 60).round(2).tolist(),
        "os_event": (rng.random(N) < 0.6).astype(int).tolist(),
        "risk": rng.normal(size=N).round(3).tolist(),
        "s12": rng.uniform(0.5, 0.9, N).round(3).tolist(),
        "s24": rng.uniform(0.2, 0.5, N).round(3).tolist(),
        "size": rng.normal(5, 2, N).round(2).tolist(),
        "arm": rng.choice(["a", "b"], N).tolist(),
    }


def everywhere(cell, *names):
    return lambda columns: {name: [cell] * N for name in names}


def once(cell, *names):
    return lambda columns: {name: [cell, *columns[name][1:]] for name in names}


def coded_1_2(columns):
    return {name: [1 + cell for cell in columns[name]] for name in ("good_response", "os_event")}


SCORES = ("score", "risk", "s12", "s24", "size")
TORTURES = {
    "one class": everywhere(1, "good_response"),
    "nobody responds": everywhere(0, "good_response"),
    "constant": everywhere(0.5, *SCORES),
    "one arm": everywhere("a", "arm"),
    "all censored": everywhere(0, "os_event"),
    "all dead": everywhere(1, "os_event"),
    "zero times": everywhere(0.0, "os_months"),
    "one time": everywhere(10.0, "os_months"),
    "NaN in a cell": once("NaN", *SCORES),
    "Inf in a cell": once("inf", *SCORES),
    "-Infinity in a cell": once("-Infinity", *SCORES),
    "a huge number": once("1e308", *SCORES),
    "beyond floats": once("1e999", *SCORES),
    "time is NaN": once("NaN", "os_months"),
    "duplicate id": everywhere("P1", "patient_id"),
    "missing id": once("", "patient_id"),
    "outcome and event coded 1 and 2": coded_1_2,
    "probabilities in percent": everywhere(55.0, "score", "s12", "s24"),
    "one probability above 1": once(1.2, "score", "s12", "s24"),
    "all missing": everywhere("", *SCORES),
    "arm is missing": everywhere("", "arm"),
    "outcome is missing": everywhere("", "good_response", "os_event"),
    "text among numbers": once("high", *SCORES),
    "negative time": once(-1.0, "os_months"),
    "days": once(5000.0, "os_months"),
    "certainties": once(0.0, "score", "s12", "s24"),
}
"""What is done to the table, and what each verb may do about it."""


@pytest.fixture
def run(capfd):
    """Run a verb in this process; the object on stdout, or the one line of the refusal."""
    from dlcs_core.cli.main import main

    def verb(name, path):
        code = main([*VERBS[name], "--table", str(path), "--json"])
        captured = capfd.readouterr()
        if code == 0:
            assert captured.err == ""
            assert not NOTHING_OF_A_NUMBER.search(captured.out)
            return json.loads(captured.out, parse_constant=pytest.fail)
        assert (code, captured.out) == (2, "")
        assert captured.err.count("\n") == 1
        line = captured.err.strip()
        assert line.endswith((".", ".)"))
        assert not re.search(r"Traceback|Error|nternal|P\d+\b", line), line
        return line

    return verb


def touched(name, changes):
    """Whether a verb looks at a column that was changed."""
    looked_at = {
        "response": {"good_response", "score"},
        "survival": {"os_months", "os_event", "risk", "s12", "s24", "arm"},
        "logistic": {"good_response", "size", "arm"},
        "cox": {"os_months", "os_event", "size", "arm"},
        "table1": {"good_response", "size", "arm"},
    }[name]
    return bool(looked_at & set(changes))


SAYS_NOTHING = {
    ("survival", "all dead"), ("cox", "all dead"), ("table1", "constant"),
    ("survival", "certainties"),
}  # fmt: skip
"""Good tables of their kind: nothing needs to be said."""


@pytest.mark.parametrize("torture", TORTURES)
@pytest.mark.parametrize("name", VERBS)
def test_a_broken_table_is_refused_or_warned_of_by_name(run, write, columns, name, torture):
    changes = TORTURES[torture](columns)
    found = run(name, write(columns | changes))
    if isinstance(found, str) or not touched(name, changes):
        return
    codes = [warning["code"] for warning in found["warnings"]]
    messages = [warning["message"] for warning in found["warnings"]]
    assert all(code not in message for code, message in zip(codes, messages, strict=True))
    if torture == "a huge number" or (name, torture) in SAYS_NOTHING:
        return
    before = run(name, write(columns))
    added = set(messages) - {warning["message"] for warning in before["warnings"]}
    assert added, f"{name} passes over {torture} in silence"


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_header_only_and_tiny_tables(run, write, columns, name, rows):
    found = run(name, write({key: cells[:rows] for key, cells in columns.items()}))
    assert isinstance(found, str) or (rows and found["warnings"])


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xff\xfe\x00", b"PK\x03\x04broken"])
def test_files_without_a_table_are_refused(run, tmp_path, name, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert isinstance(run(name, path), str)


@pytest.mark.parametrize("name", VERBS)
def test_rows_of_unequal_length_are_refused(run, write, columns, name):
    path = write(columns)
    path.write_bytes(path.read_bytes() + b"P99,1\n")
    assert isinstance(run(name, path), str)


@pytest.mark.parametrize("name", VERBS)
def test_a_sound_table_has_an_answer(run, write, columns, name):
    assert run(name, write(columns))["research_use_only"] is True


@pytest.mark.slow
@pytest.mark.parametrize("name", VERBS)
def test_a_million_rows_take_seconds(run, tmp_path, columns, name):
    rng = np.random.default_rng(9)
    million = 1_000_000
    path = tmp_path / "million.csv"
    write_million(path, rng, million)
    start = time.process_time()
    found = run(name, path)
    seconds = time.process_time() - start
    print(f"{name}: {million:,} rows in {seconds:.1f} s of CPU time")
    assert not isinstance(found, str), found
    assert seconds < 60


def write_million(path, rng, n):
    import pandas as pd

    chance = rng.random(n)
    months = rng.exponential(25, n).clip(0.1, 60).round(1)
    table = {
        "patient_id": np.arange(n),
        "good_response": (rng.random(n) < chance).astype(int),
        "score": chance.round(5),
        "os_months": months,
        "os_event": (rng.random(n) < 0.6).astype(int),
        "risk": rng.normal(size=n).round(4),
        "s12": rng.uniform(0.5, 0.9, n).round(4),
        "s24": rng.uniform(0.2, 0.5, n).round(4),
        "size": rng.normal(5, 2, n).round(3),
        "arm": rng.choice(["a", "b"], n),
    }
    pd.DataFrame(table).to_csv(path, index=False)


def test_recalibrate_refuses_or_warns_of_the_same_tables(
    capfd, write, columns, tmp_path, untrained_bundle
):
    from dlcs_core.cli.main import main

    verb = partial(_recalibrate, main, capfd, untrained_bundle, tmp_path)
    for number, torture in enumerate(TORTURES):
        changes = TORTURES[torture](columns)
        renamed = {"dlcs" if k == "score" else k: v for k, v in (columns | changes).items()}
        code, out, err = verb(write(renamed, f"table{number}.csv"), number)
        if code == 0:
            assert err == ""
            content = json.loads(out, parse_constant=pytest.fail)
            if {"good_response", "score"} & set(changes) and torture != "a huge number":
                assert content["warnings"], torture
        else:
            assert (code, out, err.count("\n")) == (2, "", 1), (torture, err)


def _recalibrate(main, capfd, bundle, folder, path, number):
    out = folder / f"out{number}"
    arguments = ["recalibrate", "--table", path, "--score", "dlcs", "--bundle", bundle]
    code = main([str(part) for part in (*arguments, "--out", out, "--json")])
    captured = capfd.readouterr()
    return code, captured.out, captured.err
