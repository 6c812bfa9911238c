import numpy as np
import pytest

import trainer.survival_replicates as replicates
from dlcs_core.synthetic.patients import Patients
from dlcs_core.synthetic.survival_times import HAZARD_RATIOS


def test_cox_intervals_cover_the_planted_hazard_ratios() -> None:
    found = replicates.hazard_ratio_coverage(replicates=100)
    shares = {name: one.share for name, one in found.items()}
    assert set(shares) == set(HAZARD_RATIOS)
    assert min(shares.values()) >= 0.90, shares
    # Intervals that are merely wide would hold everything.
    assert np.mean(list(shares.values())) == pytest.approx(0.95, abs=0.02)


def test_the_check_fails_for_a_signature_of_other_patients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = replicates.out_of_fold_log_odds

    def shuffled(drawn: Patients, seed: int) -> replicates.Floats:
        return np.random.default_rng(seed).permutation(honest(drawn, seed))

    monkeypatch.setattr(replicates, "out_of_fold_log_odds", shuffled)
    found = replicates.hazard_ratio_coverage(replicates=20)
    assert found["latent_score"].share < 0.3


def test_the_script_prints_every_factor(capsys: pytest.CaptureFixture[str]) -> None:
    assert replicates.main(["--replicates", "2", "--patients", "300"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in HAZARD_RATIOS)
