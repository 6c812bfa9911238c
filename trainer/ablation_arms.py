"""The arms of an ablation: what each changes in a recipe, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from dlcs_core.errors import TrainingError
from trainer.config import TrainingConfig

REFERENCE = "oversampling"
"""The arm that every other one is compared with: what DeepSMOTE must beat."""


@dataclass(frozen=True)
class Arm:
    """One arm.

    Attributes
    ----------
    name : str
        On the command line and in the files.
    words : str
        In table and figure.
    changes : mapping of str to value
        Settings by their dotted name, e.g. ``sampling.balancing``.
    needs_weights : bool
        Whether it can only run where ImageNet weights are given.
    """

    name: str
    words: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    needs_weights: bool = False


def _deepsmote(name: str, words: str, **settings: Any) -> Arm:
    changes = {f"deepsmote.{setting}": value for setting, value in settings.items()}
    return Arm(f"deepsmote_{name}", words, {"sampling.balancing": "deepsmote", **changes})


_PLAIN_DECODER = {
    "texture_weight": 0.0,
    "empty_background": False,
    "residual_of_neighbor": False,
    "both_classes_through_decoder": False,
    "synthetic_share_cap": 1.0,
}
"""Decoded images as they come, as many as 1:1 needs: DeepSMOTE without our remedies."""

ARMS = (
    Arm(REFERENCE, "good responders repeated to 1:1", {"sampling.balancing": "repeat"}),
    Arm("none", "no balancing", {"sampling.balancing": "none"}),
    Arm("weighted", "weighted loss", {"sampling.balancing": "weighted"}),
    Arm("sampler", "balanced sampler", {"sampling.balancing": "sampler"}),
    Arm(
        "focal",
        "focal loss, no balancing",
        {"sampling.balancing": "none", "optimization.loss": "focal"},
    ),
    Arm(
        "mixup",
        "repeated, mixup 0.2",
        {"sampling.balancing": "repeat", "sampling.mixup_alpha": 0.2},
    ),
    _deepsmote("ours", "DeepSMOTE, ours"),
    _deepsmote(
        "paper", "DeepSMOTE, paper's penalty, plain decoder", penalty="paper", **_PLAIN_DECODER
    ),
    _deepsmote(
        "code",
        "DeepSMOTE, published code's penalty, plain decoder",
        penalty="code",
        **_PLAIN_DECODER,
    ),
    _deepsmote(
        "no_penalty", "DeepSMOTE without penalty, plain decoder", penalty="none", **_PLAIN_DECODER
    ),
    Arm("no_gates", "squeeze-and-excitation off", {"network.gates": "none"}),
    Arm("key_slice", "one slice instead of three", {"network.slices": "key"}),
    Arm(
        "no_augmentation",
        "no turning and flipping",
        {"sampling.rotate_and_flip": False},
    ),
    Arm(
        "imagenet",
        "ImageNet weights",
        {"network.initial_weights": "imagenet", "network.zero_init_residual": False},
        needs_weights=True,
    ),
)
"""In the order of table and figure. Arms of the network balance as the reference does."""

ARM_BY_NAME = {arm.name: arm for arm in ARMS}


def choose_arms(names: Sequence[str], weights_file: Path | None) -> list[Arm]:
    """Return the named arms, the reference first; all that can run where none is named.

    Raises
    ------
    TrainingError
        If a name is unknown, or an arm needs ImageNet weights and no file is given.
    """
    for name in names:
        if name not in ARM_BY_NAME:
            raise TrainingError("ablation_arm_unknown", found=name, known=", ".join(ARM_BY_NAME))
        if ARM_BY_NAME[name].needs_weights and weights_file is None:
            raise TrainingError("imagenet_file_missing", found="-")
    wanted = {REFERENCE, *(names or ARM_BY_NAME)}
    return [
        arm
        for arm in ARMS
        if arm.name in wanted and (weights_file is not None or not arm.needs_weights)
    ]


def arm_config(base: TrainingConfig, arm: Arm, seed: int) -> TrainingConfig:
    """Return an arm's recipe: the reference's balancing, then the arm's own changes."""
    changes = {"sampling.balancing": "repeat", **arm.changes}
    config = replace(base, name=arm.name, note="One arm of an ablation.", seed=seed)
    for setting, value in changes.items():
        config = changed(config, setting, value)
    return config


def changed(config: Any, setting: str, value: Any) -> Any:
    """Return a dataclass with one setting, named by its dotted path, exchanged."""
    first, _, rest = setting.partition(".")
    if not is_dataclass(config) or first not in {one.name for one in fields(config)}:
        raise TrainingError("config_unknown_setting", setting=setting)
    inner = changed(getattr(config, first), rest, value) if rest else value
    return replace(config, **{first: inner})  # type: ignore[type-var]
