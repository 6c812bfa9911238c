"""Every way in which a CT stores its values gives the same Hounsfield units."""

from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dlcs_core.imaging.reading import read_volume

LOSSLESS = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
)


def volume_hu(volume):
    return np.stack([volume.read_slice_hu(index) for index in range(volume.grid.size[0])])


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda syntax: syntax.name)
def test_every_lossless_encoding_gives_the_same_values(syntax, signed, kit, plan, tmp_path):
    kit.write_series(tmp_path, replace(plan, transfer_syntax=syntax, signed=signed))
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume_hu(volume), plan.hu)
    assert volume.warnings == ()


@pytest.mark.parametrize("syntax", [JPEGLSNearLossless, JPEG2000], ids=["JPEG-LS near", "J2K"])
def test_lossy_encodings_are_near(syntax, kit, plan, tmp_path):
    options = {"jls_error": 2} if syntax == JPEGLSNearLossless else {"j2k_psnr": [80]}
    for index in range(3):
        dataset = kit.slice_dataset(plan, index)
        dataset.compress(syntax, **options)
        dataset.save_as(tmp_path / str(index), enforce_file_format=True)
    np.testing.assert_allclose(volume_hu(read_volume(tmp_path)), plan.hu[:3], atol=40)


def test_rescale_is_taken_from_each_slice(kit, plan, tmp_path):
    def brighten(index, dataset):
        dataset.RescaleSlope = 1.0 + index
        dataset.RescaleIntercept = -1024.0 - 10 * index

    kit.write_series(tmp_path, plan, brighten)
    for index, hu in enumerate(volume_hu(read_volume(tmp_path))):
        expected = (plan.hu[index] + 1024) * (1.0 + index) - 1024 - 10 * index
        np.testing.assert_array_equal(hu, np.maximum(expected, -1024))


def test_values_in_twelve_bits_ignore_overlay_bits_above_them(kit, plan, tmp_path):
    def put_overlay(_, dataset):
        stored = np.frombuffer(dataset.PixelData, "<u2") | 0xA000
        dataset.PixelData = stored.tobytes()

    kit.write_series(tmp_path, replace(plan, bits_stored=12), put_overlay)
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path)), plan.hu)


def test_signed_values_in_twelve_bits_keep_their_sign(kit, plan, tmp_path):
    def cut_to_twelve_bits(_, dataset):
        stored = np.frombuffer(dataset.PixelData, "<u2") & 0x0FFF
        dataset.PixelData = stored.tobytes()

    signed = replace(plan, bits_stored=12, signed=True, intercept=0.0)
    kit.write_series(tmp_path, signed, cut_to_twelve_bits)
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path)), plan.hu)


def test_values_in_the_upper_bits_are_shifted_down(kit, plan, tmp_path):
    def shift_up(_, dataset):
        dataset.PixelData = (np.frombuffer(dataset.PixelData, "<u2") << 4).tobytes()
        dataset.HighBit = 15

    kit.write_series(tmp_path, replace(plan, bits_stored=12), shift_up)
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path)), plan.hu)


@pytest.mark.parametrize(("vr", "value"), [("SS", -2000), ("US", 63536)])
def test_padding_is_air_also_where_its_sign_is_written_wrongly(vr, value, kit, plan, tmp_path):
    def pad(_, dataset):
        stored = np.frombuffer(dataset.PixelData, "<i2").copy()
        stored[:48] = -2000
        dataset.PixelData = stored.tobytes()
        dataset.add_new("PixelPaddingValue", vr, value)

    kit.write_series(tmp_path, replace(plan, signed=True), pad)
    hu = volume_hu(read_volume(tmp_path))
    assert (hu[:, 0] == -1024).all()
    np.testing.assert_array_equal(hu[:, 1:], plan.hu[:, 1:])


def test_padding_range_above_tissue_is_air(kit, plan, tmp_path):
    def pad(_, dataset):
        stored = np.frombuffer(dataset.PixelData, "<u2").copy()
        stored[:48] = np.linspace(60000, 61000, 48)
        dataset.PixelData = stored.tobytes()
        dataset.PixelPaddingValue = 61000
        dataset.PixelPaddingRangeLimit = 60000

    kit.write_series(tmp_path, plan, pad)
    assert (volume_hu(read_volume(tmp_path))[:, 0] == -1024).all()


def test_undeclared_fill_outside_the_field_of_view_is_air(kit, plan, tmp_path):
    hu = plan.hu.copy()
    hu[:, :2] = -3024
    kit.write_series(tmp_path, replace(plan, hu=hu, signed=True))
    assert (volume_hu(read_volume(tmp_path))[:, :2] == -1024).all()


def test_padding_that_tissue_can_have_is_warned_of(kit, plan, tmp_path):
    def declare(_, dataset):
        dataset.PixelPaddingValue = 1024 + 40

    kit.write_series(tmp_path, plan, declare)
    assert [warning.code for warning in read_volume(tmp_path).warnings] == ["padding_in_tissue"]


def test_values_of_another_kind_are_warned_of(kit, plan, tmp_path):
    def call_density(_, dataset):
        dataset.RescaleType = "MGML"

    kit.write_series(tmp_path, plan, call_density)
    assert [warning.code for warning in read_volume(tmp_path).warnings] == ["rescale_type_not_hu"]


def test_signed_values_without_any_below_zero_are_warned_of(kit, plan, tmp_path):
    shifted = replace(plan, hu=(plan.hu + 1024).astype(np.int16), signed=True, intercept=0.0)
    kit.write_series(tmp_path, shifted)
    assert [warning.code for warning in read_volume(tmp_path).warnings] == ["values_not_hu"]


def test_jpeg_lossless_and_extended_codecs_are_installed():
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1

    for syntax in (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1):
        assert get_decoder(syntax).is_available, syntax.name


def test_several_fragments_of_one_frame_are_joined(kit, plan, tmp_path):
    for index in range(2):
        dataset = kit.slice_dataset(plan, index)
        dataset.compress(JPEGLSLossless)
        frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
        dataset.PixelData = encapsulate([frame], fragments_per_frame=3)
        dataset.save_as(tmp_path / str(index), enforce_file_format=True)
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path)), plan.hu[:2])


def gdcm_jpeg_lossless(stored, path):
    """One frame as GDCM packs it: a codec other than the ones that read here."""
    writer = SimpleITK.ImageFileWriter()
    writer.UseCompressionOn()
    writer.SetCompressor("JPEG")
    writer.SetFileName(str(path))
    writer.Execute(SimpleITK.GetImageFromArray(stored))
    packed = pydicom.dcmread(path)
    assert packed.file_meta.TransferSyntaxUID == JPEGLosslessSV1
    return get_frame(packed.PixelData, 0, number_of_frames=1)


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_jpeg_lossless_of_another_codec(signed, kit, plan, tmp_path):
    (tmp_path / "series").mkdir()
    signed_plan = replace(plan, signed=signed)
    for index in range(3):
        frame = gdcm_jpeg_lossless(signed_plan.stored(index), tmp_path / "packed.dcm")
        dataset = kit.slice_dataset(signed_plan, index)
        dataset.PixelData = encapsulate([frame])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = JPEGLosslessSV1
        dataset.save_as(tmp_path / "series" / str(index), enforce_file_format=True)
    np.testing.assert_array_equal(volume_hu(read_volume(tmp_path / "series")), plan.hu[:3])
