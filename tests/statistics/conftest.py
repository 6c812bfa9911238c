"""The R oracle beside these tests, and a tally of how much of it is reproduced."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

# The same examples in every run, and no clock: machines differ.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

ORACLES = Path(__file__).parent / "oracles"
CLOSED_FORM = 1e-8
ITERATED = 1e-6


def numbers(value):
    """Oracle numbers as an array; null is NaN, "Inf" is infinite."""
    listed = value if isinstance(value, list) else [value]
    return np.array([np.nan if entry is None else float(entry) for entry in listed])


@dataclass
class Oracle:
    """One topic of one data set."""

    data: pd.DataFrame
    entries: dict

    def starting(self, prefix):
        """Entries whose name starts with a prefix, as (name, entry, value)."""
        found = [(k, e, e["value"]) for k, e in self.entries.items() if k.startswith(prefix)]
        assert found, f"the oracle has no entry {prefix}"
        return found

    def columns(self, terms):
        """Columns of R's model matrix: a column, or a factor's name followed by a level."""
        return np.column_stack([self._column(term) for term in terms])

    def _column(self, term):
        if term in self.data:
            return self.data[term].to_numpy(dtype=float)
        factor = max((c for c in self.data if term.startswith(c)), key=len)
        return (self.data[factor].astype(str) == term[len(factor) :]).to_numpy(dtype=float)


@dataclass
class Tally:
    """Compared entries and those that disagree."""

    agreed: int = 0
    wrong: list = field(default_factory=list)

    def compare(self, name, found, expected, rtol=CLOSED_FORM, atol=1e-12):
        """Count one entry; missing values must match too."""
        found, expected = numbers(list(np.atleast_1d(found))), numbers(expected)
        same = found.shape == expected.shape and np.allclose(
            found, expected, rtol=rtol, atol=atol, equal_nan=True
        )
        if same:
            self.agreed += 1
        else:
            self.wrong.append((name, found, expected))

    def all_agree(self):
        """Print the count and fail on the first entry that disagrees."""
        print(f"{self.agreed} of {self.agreed + len(self.wrong)} oracle values agree")
        assert self.agreed
        assert not self.wrong, self.wrong[0]


@pytest.fixture
def tally():
    return Tally()


@pytest.fixture
def oracle():
    def load(dataset, topic):
        stored = json.loads((ORACLES / f"{dataset}.{topic}.json").read_text())
        return Oracle(pd.read_csv(ORACLES / stored["csv"]), stored["entries"])

    return load


@pytest.fixture
def rng():
    return np.random.default_rng(20260101)
