"""An app beside small data of its own: a bundle, two cases, a table of 160 patients."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.synthetic.cohort import synthesize

APP = Path(__file__).resolve().parents[2] / "app.py"
N_PATIENTS = 160


def draw_cohort(rng):
    """A table of patients whose scores know something about response and survival."""
    import pandas as pd

    good = rng.random(N_PATIENTS) < 0.35
    columns = {
        "patient_id": [f"SYN-{i:04d}" for i in range(N_PATIENTS)],
        "center": "1",
        "cohort": rng.choice(["training", "external_validation"], N_PATIENTS),
        "trg": np.where(good, 1, 3),
    }
    for variable in VARIABLES:
        if variable.levels:
            columns[variable.name] = rng.choice(variable.levels, N_PATIENTS)
        else:
            values = rng.uniform(*(variable.usual or variable.soft_limits), N_PATIENTS)
            columns[variable.name] = values.round(0 if variable.whole else 2)
    for score, strength in (("dl_signature", 1.5), ("clinical_signature", 0.4), ("dlcs", 1.6)):
        logit = -1.2 + strength * good + rng.normal(0, 0.9, N_PATIENTS)
        columns[score] = (1 / (1 + np.exp(-logit))).round(4)
    risk = rng.normal(0, 0.6, N_PATIENTS)
    columns["os_linear_predictor"] = risk.round(4)
    columns["os_months"] = rng.exponential(40 * np.exp(-risk)).clip(0.5, 60).round(1)
    columns["os_event"] = (rng.random(N_PATIENTS) < 0.6).astype(int)
    return pd.DataFrame(columns)


def write_demo_case(folder, source, row):
    """Lay a synthetic patient out as a demo case."""
    folder.mkdir(parents=True)
    for kind in ("image", "mask"):
        path = source / str(row[kind])
        path.rename(folder / (kind + "".join(path.suffixes)))
    form = {
        v.name: row[v.name] if v.levels else float(row[v.name])
        for v in VARIABLES
        if row[v.name] == row[v.name]
    }
    (folder / "clinical.json").write_text(json.dumps({"patient_id": row["patient_id"], **form}))


@pytest.fixture(scope="session")
def data_directory(tmp_path_factory):
    """A data folder as ``assets`` is one: a cohort table, a case and a case to be refused."""
    import pandas as pd

    root = tmp_path_factory.mktemp("data")
    draw_cohort(np.random.default_rng(3)).to_csv(root / "demo_cohort.csv", index=False)
    drawn = tmp_path_factory.mktemp("drawn")
    synthesize(drawn, 1, seed=5, file_format="nifti", jobs=1)
    row = pd.read_csv(drawn / "manifest.csv", dtype={"patient_id": str}).iloc[0]
    write_demo_case(root / "demo_cases" / "phantom", drawn, row)
    broken = root / "demo_cases" / "text_instead_of_image"
    broken.mkdir()
    (broken / "image.nii").write_text("not an image")
    (broken / "mask.nii").write_text("not a mask")
    form = root / "demo_cases" / "phantom" / "clinical.json"
    (broken / "clinical.json").write_text(form.read_text())
    return root


@pytest.fixture
def app(monkeypatch, tmp_path, data_directory, untrained_bundle):
    """The app at its first page; ``app.switch_page("pages/x.py").run()`` goes on."""
    monkeypatch.setenv("DLCS_DATA_DIR", str(data_directory))
    monkeypatch.setenv("DLCS_BUNDLE", str(untrained_bundle))
    monkeypatch.setenv("DLCS_DATABASE_URL", f"sqlite:///{tmp_path / 'test.sqlite3'}")
    monkeypatch.delenv("DLCS_LANGUAGE", raising=False)
    return AppTest.from_file(str(APP), default_timeout=60)


@pytest.fixture
def page(app):
    """Opens a page by its file name."""

    def opened(name):
        app.run()
        return app.switch_page(f"pages/{name}.py").run()

    return opened


def text_of(app):
    """Everything that a page says, as one text."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


@pytest.fixture
def shown():
    """Returns what a page says."""
    return text_of
