"""A plausible cohort table."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.clinical.variables import VARIABLES


def make_table(n, seed=0):
    """Draw n patients within the soft limits, with outcome, survival and a score."""
    rng = np.random.default_rng(seed)
    columns = {
        "patient_id": [f"P{number:06d}" for number in range(n)],
        "center": rng.choice(["A", "B"], n),
        "cohort": rng.choice(["training", "external_validation"], n),
        "trg": rng.integers(0, 4, n),
    }
    for variable in VARIABLES:
        if variable.levels:
            columns[variable.name] = rng.choice(variable.levels, n)
        else:
            drawn = rng.uniform(*variable.soft_limits, n)
            columns[variable.name] = np.round(drawn, 0 if variable.whole else 2)
    columns["os_months"] = np.round(rng.exponential(30, n).clip(0, 600), 1)
    columns["os_event"] = rng.integers(0, 2, n)
    columns["dlcs"] = rng.random(n)
    return pd.DataFrame(columns)


@pytest.fixture
def table():
    """Twenty patients."""
    return make_table(20)


@pytest.fixture
def large_table():
    """A hundred thousand patients."""
    return make_table(100_000)


@pytest.fixture
def write_table(tmp_path):
    """Write a table (or raw bytes) and return its path."""

    def write(content, **options):
        path = tmp_path / "table"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_bytes(content.to_csv(index=False, **options).encode())
        return path

    return write
