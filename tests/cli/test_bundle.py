import json
import subprocess
import sys

import pytest

from dlcs_core.bundle import layout


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "dlcs_core", "bundle", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def summary(untrained_bundle):
    result = command("show", untrained_bundle, "--json")
    assert (result.returncode, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_verified_bundle_is_one_line_with_version_and_hash(untrained_bundle):
    result = command("verify", untrained_bundle)
    sha256 = layout.sha256((untrained_bundle / "manifest.json").read_bytes())
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"OK untrained 0 sha256:{sha256}\n"


@pytest.mark.parametrize("action", ["verify", "show"])
def test_refused_bundle_is_exit_2_with_one_line_and_no_path(action, tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    result = command(action, tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert str(tmp_path) not in result.stderr
    assert "dlcs.bundle/1" in result.stderr


def test_summary_carries_identity_and_says_what_it_is_not(summary, untrained_bundle):
    assert summary["schema"] == "dlcs.bundle-summary/1"
    assert summary["research_use_only"] is True
    assert summary["bundle"]["name"] == "untrained"
    assert summary["bundle"]["synthetic_training_data"] is True
    assert "bundle_trained_on_synthetic_data" in [w["code"] for w in summary["warnings"]]


def test_summary_carries_provenance_and_metrics(summary):
    assert summary["n_folds"] == 2
    assert summary["cutoffs"]["dlcs"] == {"value": 0.5, "cohort": "training"}
    assert summary["metrics"]["internal_validation"]["dl_signature"]["auc"] == 0.5
    assert len(summary["files"]) == 9


def test_shown_text_opens_with_identity_and_research_use(untrained_bundle):
    lines = command("show", untrained_bundle).stdout.splitlines()
    assert lines[0].startswith("OK untrained 0 ")
    assert lines[1].startswith("Research use only")
    assert "cohort_sizes.training.patients: 200" in lines


def test_unknown_action_is_one_line():
    result = command("delete", "somewhere")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
