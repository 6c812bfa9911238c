"""Learning rate and momentum as functions of the step alone, so that resuming needs no state."""

import math

from trainer.config import OptimizationConfig

INITIAL_DIVISOR = 25.0
FINAL_DIVISOR = 1e4
MOMENTUM_RANGE = (0.85, 0.95)
"""The conventions of torch.optim.lr_scheduler.OneCycleLR, whose values this module gives."""


def rate_and_momentum(
    step: int, steps_per_epoch: int, settings: OptimizationConfig
) -> tuple[float, float]:
    """Return learning rate and first momentum of an optimiser step.

    Parameters
    ----------
    step : int
        0-based step of the whole training.
    steps_per_epoch : int
        Batches of an epoch.
    settings : OptimizationConfig
        Schedule, peak rate, length.

    Returns
    -------
    tuple of float
        Learning rate, and beta1 of Adam.

    Examples
    --------
    >>> settings = OptimizationConfig(epochs=10, max_learning_rate=1.0, warmup_share=0.5)
    >>> rate_and_momentum(9, 2, settings)
    (1.0, 0.85)
    """
    peak = settings.max_learning_rate
    if settings.schedule == "step":
        return peak * settings.step_factor ** (step // steps_per_epoch // settings.step_epochs), 0.9
    low, high = MOMENTUM_RANGE
    last = settings.cycle_epochs * steps_per_epoch - 1
    step %= last + 1
    top = settings.warmup_share * (last + 1) - 1
    initial = peak / INITIAL_DIVISOR
    if step <= top:
        share = step / top if top > 0 else 1.0
        return _anneal(initial, peak, share), _anneal(high, low, share)
    share = (step - top) / (last - top)
    return _anneal(peak, initial / FINAL_DIVISOR, share), _anneal(low, high, share)


def _anneal(start: float, end: float, share: float) -> float:
    """Go from start to end along half a cosine."""
    return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)
