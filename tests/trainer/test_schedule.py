import pytest
import torch

from trainer.config import OptimizationConfig
from trainer.schedule import rate_and_momentum


def test_one_cycle_equals_torch_at_every_step() -> None:
    settings = OptimizationConfig(epochs=4, max_learning_rate=6e-4, warmup_share=0.25)
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=6e-4)
    peer = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-4, total_steps=40, pct_start=0.25)
    for step in range(40):
        group = optimizer.param_groups[0]
        ours = rate_and_momentum(step, 10, settings)
        assert ours == pytest.approx((group["lr"], group["betas"][0]), rel=1e-12)
        optimizer.step()
        if step < 39:
            peer.step()


def test_every_cycle_repeats_the_first() -> None:
    once = OptimizationConfig(epochs=4)
    twice = OptimizationConfig(epochs=8, cycles=2)
    for step in range(80):
        assert rate_and_momentum(step, 10, twice) == rate_and_momentum(step % 40, 10, once)


def test_step_schedule_falls_tenfold_every_fifty_epochs() -> None:
    settings = OptimizationConfig(epochs=150, max_learning_rate=5e-4, schedule="step")
    rates = [rate_and_momentum(epoch * 7, 7, settings)[0] for epoch in (0, 49, 50, 149)]
    assert rates == pytest.approx([5e-4, 5e-4, 5e-5, 5e-6])
