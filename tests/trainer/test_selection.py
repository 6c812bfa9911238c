import pytest
import torch

from trainer.selection import BestEpoch


def run(aucs: list[float], smoothing: int) -> BestEpoch:
    best = BestEpoch(patience=3, smoothing=smoothing)
    for epoch in range(1, len(aucs) + 1):
        weights = {"w": torch.tensor(float(epoch))}
        best.see(epoch, best.criterion(aucs[:epoch]), weights)
    return best


def test_a_lucky_epoch_wins_only_without_smoothing():
    aucs = [0.6, 0.9, 0.6, 0.75, 0.8, 0.8]
    assert run(aucs, smoothing=1).epoch == 2
    assert run(aucs, smoothing=3).epoch == 6
    assert run(aucs, smoothing=3).auc == pytest.approx((0.75 + 0.8 + 0.8) / 3)


def test_the_best_epochs_weights_are_kept_and_patience_ends_the_run():
    best = run([0.5, 0.7, 0.6, 0.6, 0.6], smoothing=1)
    assert best.tensors["w"] == 2
    assert not best.is_stale(4)
    assert best.is_stale(5)
