import numpy as np
import pytest

from dlcs_core.errors import UsageError
from dlcs_core.report.case import assess_case
from dlcs_core.report.overlay import OUTLINE_RGB, outline, overlay_rgb, write_overlays


def test_outline_is_the_inner_rim():
    mask = np.zeros((5, 6), dtype=bool)
    mask[1:4, 1:5] = True
    rim = outline(mask)
    assert rim.sum() == 10
    assert not (rim & ~mask).any()


def test_without_heat_a_slice_is_grey_with_its_outline(study, record, bundle):
    report = assess_case(study, record, bundle)
    rgb = overlay_rgb(report, study, 3, np.zeros((112, 112)))
    rim = outline(study.mask.plane(3))
    np.testing.assert_allclose(rgb[rim], np.broadcast_to(OUTLINE_RGB, rgb[rim].shape))
    np.testing.assert_allclose(rgb[~rim], rgb[~rim][:, :1].repeat(3, axis=1))
    assert rgb.min() >= 0
    assert rgb.max() <= 1


def test_a_case_at_the_edge_has_two_slices(make, record, bundle, tmp_path):
    study = make(center=0.0)
    written = write_overlays(assess_case(study, record, bundle), study, tmp_path / "new")
    assert [path.name for path in written] == ["slice_0000.png", "slice_0001.png"]


def test_a_place_that_cannot_be_written_is_refused(study, record, bundle, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError, match="output_not_written"):
        write_overlays(assess_case(study, record, bundle), study, tmp_path / "taken")
