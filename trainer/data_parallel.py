"""One fold on several processes that together compute what one process would.

Each rank of ``torchrun`` takes its part of every batch. Gradients are summed, and batch norms
use the mean and variance of the whole batch, so that the result does not depend on the number of
ranks (apart from the order of sums). torch's own wrappers would not do: theirs averages what each
rank normalised by itself, and its shared batch norm needs GPUs. Folds side by side need none of
this and are faster; this is for a cohort whose single fold is too large for one device. What
each rank draws for itself (dropout, mixup) is its own draw, not a part of one process's.
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn

TIMEOUT = timedelta(minutes=30)
"""A rank that hears nothing for so long gives up."""


@dataclass(frozen=True)
class Team:
    """The ranks that train one fold.

    Attributes
    ----------
    rank, ranks : int
        This process and the number of all.
    """

    rank: int = 0
    ranks: int = 1

    @property
    def leads(self) -> bool:
        """Whether this rank writes files."""
        return self.rank == 0

    def own_part(self, rows: NDArray[np.int64]) -> slice:
        """Return which places of a batch this rank computes."""
        ends = np.linspace(0, len(rows), self.ranks + 1).round().astype(int)
        return slice(int(ends[self.rank]), int(ends[self.rank + 1]))

    def sum_gradients(self, model: nn.Module) -> None:
        """Give every rank the gradients of the whole batch."""
        if self.ranks == 1:
            return
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        flat = torch.cat([one.reshape(-1) for one in gradients])
        distributed.all_reduce(flat)
        start = 0
        for one in gradients:
            one.copy_(flat[start : start + one.numel()].view_as(one))
            start += one.numel()

    def sum(self, value: float) -> float:
        """Return the sum of a number over the ranks."""
        if self.ranks == 1:
            return value
        total = torch.tensor(value, dtype=torch.float64)
        total = total.to(_communication_device())
        distributed.all_reduce(total)
        return float(total)

    def wait(self) -> None:
        """Go on when every rank has come here."""
        if self.ranks > 1:
            distributed.barrier()

    def share_statistics(self, model: nn.Module) -> None:
        """Let the model's batch norms see the whole batch; names of weights stay."""
        if self.ranks == 1:
            return
        for module in model.modules():
            if type(module) is nn.BatchNorm2d:
                module.__class__ = _SharedBatchNorm


ALONE = Team()
"""No other process takes part."""


def join_team() -> Team:
    """Join the other ranks of ``torchrun``; alone without it."""
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    if ranks == 1:
        return ALONE
    if not distributed.is_initialized():
        backend = "nccl" if torch.cuda.is_available() else "gloo"
        distributed.init_process_group(backend, timeout=TIMEOUT)
    return Team(distributed.get_rank(), ranks)


def leave_team() -> None:
    """Close the connection to the other ranks."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


class _Sum(torch.autograd.Function):
    """Sum over the ranks; so is the gradient, as every rank's loss depends on the sum."""

    @staticmethod
    def forward(_ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        distributed.all_reduce(total)
        return total


class _SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm by the mean and variance over all ranks."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        count = x.new_tensor([x.shape[0] * x.shape[2] * x.shape[3]])
        sums: Tensor = _Sum.apply(torch.cat([x.sum((0, 2, 3)), count]))
        mean, n = sums[:-1] / sums[-1], sums[-1].detach()
        centered = x - mean[:, None, None]
        squares: Tensor = _Sum.apply((centered**2).sum((0, 2, 3)))
        variance = squares / n
        self._remember(mean.detach(), variance.detach() * n / (n - 1))
        scale = self.weight * (variance + self.eps).rsqrt()
        return centered * scale[:, None, None] + self.bias[:, None, None]

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics as torch does: by the unbiased variance."""
        for buffer, value in ((self.running_mean, mean), (self.running_var, variance)):
            if buffer is not None and self.momentum is not None:
                buffer.lerp_(value, self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1


def _communication_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
