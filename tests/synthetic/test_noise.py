import numpy as np
import pytest

from dlcs_core.synthetic.noise import make_noise_model


@pytest.fixture(scope="module")
def noise(phantom):
    scan = phantom.acquisition
    model = make_noise_model(phantom.anatomy, scan, (slice(130, 380), slice(130, 380)))
    generator = np.random.default_rng(0)
    return np.stack([model.draw(generator) for _ in range(24)])


def test_noise_in_the_middle_is_near_the_scanners_stated_level(noise, phantom):
    stated = phantom.acquisition.scanner.noise_hu
    assert 0.5 * stated < noise[:, 110:140, 110:140].std() < 2 * stated
    assert abs(noise.mean()) < 0.1


def test_noise_grows_from_the_skin_to_the_middle(noise):
    assert noise[:, 115:135, 115:135].std() > 1.1 * noise[:, 115:135, :10].std()


def test_noise_has_the_spectrum_of_filtered_back_projection(noise):
    power = np.mean(np.abs(np.fft.fft2(noise)) ** 2, axis=0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(250), np.fft.fftfreq(250)))
    low, middle, high = (
        power[(frequency > a) & (frequency < b)].mean()
        for a, b in ((0.005, 0.02), (0.17, 0.23), (0.45, 0.5))
    )
    assert middle > 5 * low
    assert middle > 2 * high


def test_noise_is_stronger_along_the_long_axis_of_the_body(noise):
    power = np.mean(np.abs(np.fft.fft2(noise)) ** 2, axis=0)
    frequencies = np.fft.fftfreq(250)
    column, row = np.meshgrid(frequencies, frequencies)
    near = (np.hypot(column, row) > 0.1) & (np.hypot(column, row) < 0.3)
    # Rays through the width carry frequencies along the rows: horizontal streaks.
    along_rows = power[near & (np.abs(row) > 3 * np.abs(column))].mean()
    along_columns = power[near & (np.abs(column) > 3 * np.abs(row))].mean()
    assert along_rows > 1.3 * along_columns
