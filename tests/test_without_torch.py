"""Command line and app work where torch is not installed at all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

BLOCK_TORCH = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "torchvision", "onnx", "onnxscript", "tensorboard"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""


@pytest.fixture
def run_without_torch(tmp_path):
    """Run a Python command line in an interpreter in which torch cannot be imported."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCK_TORCH)

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(tmp_path / "site"),
                "DLCS_DATABASE_URL": f"sqlite:///{tmp_path / 'dlcs.sqlite3'}",
            },
        )

    return run


def test_torch_is_really_absent(run_without_torch):
    assert "No module named 'torch'" in run_without_torch("-c", "import torch").stderr


def test_a_case_is_assessed(run_without_torch, untrained_bundle):
    case = ROOT / "assets" / "demo_cases" / "good_responder"
    files = ("--image", case / "image", "--mask", next(case.glob("mask.*")))
    form = ("--clinical", case / "clinical.json", "--bundle", untrained_bundle)
    done = run_without_torch("-m", "dlcs_core", "predict", *files, *form, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["dl_signature"]["score"] is not None


def test_every_serving_module_imports(run_without_torch):
    code = """
import importlib, pathlib
training_only = {"se_resnet50", "export", "guided_gradcam", "graph", "deepsmote"}
for path in [*pathlib.Path("dlcs_core").rglob("*.py"), *pathlib.Path("pages").glob("*.py")]:
    if not training_only & {*path.parts, path.stem} and path.stem != "__main__":
        importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
"""
    done = run_without_torch("-c", code)
    assert done.returncode == 0, done.stderr


def test_the_app_opens(run_without_torch):
    code = """
from pathlib import Path
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(str(Path("app.py").resolve()), default_timeout=200).run()
assert not app.exception, app.exception
"""
    done = run_without_torch("-c", code)
    assert done.returncode == 0, done.stderr
