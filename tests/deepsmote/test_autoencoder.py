"""The autoencoder takes any channels and size; each penalty does what it says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dlcs_core.deepsmote.autoencoder import Autoencoder
from dlcs_core.deepsmote.averages import moving_average, patch_average, support_of
from dlcs_core.deepsmote.fit import decode_codes, encode_images, fit_autoencoder
from dlcs_core.deepsmote.losses import (
    band_strengths,
    penalty_loss,
    reconstruction_loss,
    texture_loss,
)
from dlcs_core.deepsmote.settings import DeepSmoteSettings
from dlcs_core.errors import ModelError

QUICK = DeepSmoteSettings(latent_size=6, width=8, epochs=2, batch_size=4)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def discs(n: int, size: int = 32, channels: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    radius = rng.uniform(size / 5, size / 3, n)[:, None, None, None]
    disc = np.hypot(rows - size / 2, columns - size / 2) < radius
    images = (0.5 + 0.05 * rng.normal(size=(n, channels, size, size))) * disc
    return np.clip(images, 0, 1).astype(np.float32)


@pytest.mark.parametrize("shape", [(3, 112, 112), (1, 28, 28), (5, 33, 47), (2, 8, 8), (4, 10, 64)])
@pytest.mark.parametrize("empty_background", [False, True])
def test_any_shape_comes_back(shape: tuple[int, int, int], empty_background: bool) -> None:
    model = Autoencoder(shape, replace(QUICK, empty_background=empty_background))
    images = torch.rand(2, *shape)
    codes = model.encode(images)
    assert codes.shape == (2, 6)
    decoded = model.decode(codes, model.draw_noise(2, torch.Generator()))
    assert decoded.image.shape == images.shape
    assert 0 <= decoded.image.min() <= decoded.image.max() <= 1
    assert (decoded.support_logit is not None) == empty_background


def test_a_batch_of_one_codes_as_in_a_batch_of_many() -> None:
    model = Autoencoder((2, 32, 32), QUICK).train()
    images = torch.from_numpy(discs(4))
    together = model.encode(images)
    torch.testing.assert_close(model.encode(images[1:2]), together[1:2], rtol=1e-4, atol=1e-5)


def gradient_of_penalty(penalty: str) -> tuple[float, float]:
    settings = replace(QUICK, penalty=penalty)
    torch.manual_seed(0)
    model = Autoencoder((2, 32, 32), settings)
    loss = penalty_loss(model, torch.from_numpy(discs(6)), settings, torch.Generator())
    if loss.requires_grad:
        loss.backward()
    parts = (model.to_code.weight.grad, model.from_code.weight.grad)
    encoder, decoder = (0.0 if one is None else float(one.abs().sum()) for one in parts)
    return encoder, decoder


def test_only_the_published_code_leaves_the_encoder_out() -> None:
    assert gradient_of_penalty("none") == (0, 0)
    encoder, decoder = gradient_of_penalty("code")
    assert (encoder, decoder > 0) == (0, True)
    for penalty in ("paper", "interpolation"):
        assert all(part > 0 for part in gradient_of_penalty(penalty))


class Perfect(Autoencoder):
    """Codes are the pixels themselves."""

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)

    def decode(self, codes: torch.Tensor, noise: object) -> object:
        from dlcs_core.deepsmote.autoencoder import Decoded

        image = codes.view(-1, *self.shape)
        return Decoded(image, image, None)


def test_penalties_of_a_perfect_autoencoder_are_their_formulas() -> None:
    """Nothing is left to the published code; the paper's compares with another of the class."""
    images = torch.from_numpy(discs(6))
    settings = replace(QUICK, empty_background=False, texture_weight=0.0)
    model = Perfect((2, 32, 32), settings)

    def penalty(kind: str) -> float:
        chosen = replace(settings, penalty=kind)
        return penalty_loss(model, images, chosen, torch.Generator().manual_seed(5)).item()

    assert penalty("code") == 0
    assert penalty("interpolation") == 0
    order = torch.randperm(6, generator=torch.Generator().manual_seed(5))
    expected = ((images[order] - images) ** 2).mean()
    assert penalty("paper") == pytest.approx(float(expected), rel=1e-6)
    assert expected > 0


def test_texture_is_missed_in_a_blurred_image_and_not_in_other_noise() -> None:
    images = torch.from_numpy(discs(8, 64))
    inside = support_of(images)
    blurred = moving_average(images, 5) / moving_average(inside, 5).clamp_min(0.01) * inside
    other = torch.from_numpy(discs(8, 64, seed=9))
    shape = support_of(other)
    redrawn = torch.where(inside > 0, torch.where(shape > 0, other, images), 0)
    assert texture_loss(images, images) == 0
    assert texture_loss(blurred, images) > 5 * texture_loss(redrawn, images)


def test_band_strength_grows_with_the_square_of_the_amplitude() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 1, 64, 64, generator=generator)
    inside = torch.ones_like(noise)
    one, two = (band_strengths(0.5 + a * noise, inside)[0].exp() for a in (0.05, 0.1))
    floor = 3e-5
    torch.testing.assert_close(
        (two - floor) / (one - floor), torch.full_like(one, 4.0), rtol=0.01, atol=0.01
    )


def test_averages_are_poolings() -> None:
    images = torch.rand(2, 3, 40, 36)
    pooled = torch.nn.functional.avg_pool2d(images, 7, 1, 3)
    torch.testing.assert_close(moving_average(images, 7), pooled)
    torch.testing.assert_close(patch_average(images), torch.nn.functional.avg_pool2d(images, 16, 8))


def test_support_closes_pinholes_and_nothing_more() -> None:
    image = torch.zeros(1, 1, 40, 40)
    image[..., 10:30, 10:30] = 0.5
    whole = support_of(image)
    assert torch.equal(whole, (image > 0).float())
    image[..., 20, 20] = 0
    assert torch.equal(support_of(image), whole)


def test_fit_lowers_the_error_is_seeded_and_leaves_torchs_state_alone() -> None:
    images, classes = discs(24), np.arange(24) % 2
    settings = replace(QUICK, epochs=12)
    before = torch.get_rng_state()
    losses: list[float] = []
    model = fit_autoencoder(
        images, classes, settings, 3, report=lambda _, loss: losses.append(loss)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert losses[3] < 0.8 * losses[0]
    again = fit_autoencoder(images, classes, settings, 3)
    state = again.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    codes = encode_images(model, images)
    assert np.array_equal(decode_codes(model, codes, 1), decode_codes(again, codes, 1))
    assert not np.array_equal(decode_codes(model, codes, 1), decode_codes(model, codes, 2))


def test_a_loss_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ModelError) as refusal:
        fit_autoencoder(np.full((8, 1, 16, 16), np.nan, np.float32), np.arange(8) % 2, QUICK, 0)
    assert refusal.value.code == "autoencoder_not_finite"


def test_reconstruction_judges_brightness_inside_and_support_everywhere() -> None:
    images = torch.from_numpy(discs(2))
    model = Autoencoder((2, 32, 32), QUICK)
    decoded = model.decode(model.encode(images), model.draw_noise(2, torch.Generator()))
    support = support_of(images)
    assert decoded.support_logit is not None
    perfect = replace(
        decoded, brightness=images + 0.3 * (1 - support), support_logit=40 * (2 * support - 1)
    )
    assert reconstruction_loss(perfect, images) == pytest.approx(0, abs=1e-9)
