"""The best epoch so far, for recipes that choose the epoch on the held-out fold.

That is what the paper did and it is optimistic: the fold's out-of-fold scores have then been
chosen on their own outcome. Recipes that end annealed never touch this.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor


class BestEpoch:
    """Remember the weights of the best epoch.

    Parameters
    ----------
    patience : int
        Epochs without gain after which training stops; 0 means that nothing is ever chosen.
    smoothing : int
        Epochs whose AUC is averaged: one epoch's AUC of a small fold is mostly chance.
    """

    def __init__(self, patience: int, smoothing: int = 1) -> None:
        self.patience = patience
        self.smoothing = smoothing
        self.epoch = 0
        self.auc = float("-inf")
        self.tensors: dict[str, Tensor] = {}

    def is_stale(self, epoch: int) -> bool:
        """Return whether training should stop after so many epochs."""
        return self.patience > 0 and epoch - self.epoch >= self.patience

    def criterion(self, aucs: Sequence[float]) -> float:
        """Return the mean of the last epochs' AUC, by which epochs are compared."""
        last = aucs[-self.smoothing :]
        return sum(last) / len(last)

    def see(self, epoch: int, auc: float, tensors: Mapping[str, Tensor]) -> None:
        """Keep an epoch's weights if it is better than all before it."""
        if auc > self.auc:
            self.epoch, self.auc = epoch, auc
            self.tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
