import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from trainer.config import OptimizationConfig
from trainer.losses import mix, patient_losses, positive_weight

CROSS_ENTROPY = OptimizationConfig(loss="cross_entropy")
FOCAL = OptimizationConfig(loss="focal", focal_gamma=2.0)
LOGITS = torch.tensor([-80.0, -2.0, 0.0, 0.7, 3.0, 90.0])
TARGET = torch.tensor([0.0, 1.0, 1.0, 0.25, 0.0, 1.0])


def test_cross_entropy_is_torchs_also_for_mixed_targets_and_weights():
    weight = torch.tensor(3.0)
    ours = patient_losses(LOGITS, TARGET, CROSS_ENTROPY, weight)
    theirs = binary_cross_entropy_with_logits(LOGITS, TARGET, pos_weight=weight, reduction="none")
    torch.testing.assert_close(ours, theirs)


def test_focal_loss_is_that_of_torchvision():
    ops = pytest.importorskip("torchvision.ops")
    hard = (TARGET > 0.5).float()
    theirs = ops.sigmoid_focal_loss(LOGITS, hard, alpha=-1, gamma=2, reduction="none")
    torch.testing.assert_close(patient_losses(LOGITS, hard, FOCAL), theirs)


def test_focal_loss_without_focus_is_cross_entropy():
    plain = OptimizationConfig(loss="focal", focal_gamma=0.0)
    torch.testing.assert_close(
        patient_losses(LOGITS, TARGET, plain), patient_losses(LOGITS, TARGET, CROSS_ENTROPY)
    )


def test_gradients_stay_finite_at_extreme_logits():
    logits = LOGITS.clone().requires_grad_()
    patient_losses(logits, TARGET, FOCAL).sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_mixing_keeps_sums_and_mixes_images_as_it_mixes_targets():
    target = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0])
    images = target[:, None, None, None].expand(5, 3, 2, 2)
    mixed, mixed_target = mix(images, target, 0.4, (1, 0, 2, 3))
    torch.testing.assert_close(mixed[:, 0, 0, 0], mixed_target)
    assert mixed_target.sum() == pytest.approx(2.0)
    assert not torch.equal(mixed_target, target)


def test_mixing_is_a_function_of_its_coordinates_and_off_at_zero():
    target, images = torch.arange(4.0), torch.rand(4, 3, 2, 2)
    first, again = (mix(images, target, 1.0, (1, 0, 0, 0)) for _ in range(2))
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], mix(images, target, 1.0, (1, 0, 0, 1))[0])
    assert mix(images, target, 0.0, (1, 0, 0, 0))[0] is images


def test_weight_gives_both_classes_the_same_sum():
    response = np.array([True, False, False, False, True])
    assert positive_weight(response).item() == pytest.approx(1.5)
