"""Real CT series against a computation of their measurements that shares no code with ours."""

import random
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ct"
SARCOMA = DATA / "sarcoma_sts_041"
LIVER = DATA / "abdomen_dcmqi_3slice"
TRUNK = DATA / "abdomen_totalseg_3mm"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the real CT series are not beside us")

SHARE = 0.02
"""Relative tolerance of areas and lengths."""

HU = 2.0
SCORE = 1e-4


@dataclass(frozen=True)
class Image:
    """A CT as SimpleITK reads it, axes (slice, row, column) towards head, back and left."""

    hu: np.ndarray
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    sop_instance_uids: list[str | None]
    itk: sitk.Image


def read_dicom(folder):
    """Read a folder of axial slices, by position."""
    headers = [(pydicom.dcmread(path, stop_before_pixels=True), path) for path in folder.iterdir()]
    headers.sort(key=lambda item: float(item[0].ImagePositionPatient[2]))
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(path) for _, path in headers])
    return image_of(reader.Execute(), [str(header.SOPInstanceUID) for header, _ in headers])


def read_nifti(path):
    return image_of(sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS"))


def image_of(itk, uids=None):
    columns_mm, rows_mm, slices_mm = itk.GetSpacing()
    hu = sitk.GetArrayFromImage(itk).astype(float)
    spacing_mm = (slices_mm, rows_mm, columns_mm)
    return Image(hu, spacing_mm, itk.GetOrigin(), uids or [None] * len(hu), itk)


def label_mask(path, label, image):
    """One label of a volume file on the grid of the image."""
    source = sitk.Equal(sitk.ReadImage(str(path)), label)
    placed = sitk.Resample(source, image.itk, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    return sitk.GetArrayFromImage(placed).astype(bool)


def seg_mask(path, segment, image):
    """One segment of a binary DICOM SEG, its frames put on the slices by position."""
    dataset = pydicom.dcmread(path)
    mask = np.zeros(image.hu.shape, dtype=bool)
    groups = dataset.PerFrameFunctionalGroupsSequence
    for frame, group in zip(dataset.pixel_array, groups, strict=True):
        if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == segment:
            z = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
            mask[round((z - image.origin_mm[2]) / image.spacing_mm[0])] |= frame > 0
    return mask


def contour_mask(path, image):
    """The contours of the only ROI of an RTSTRUCT, pixel centres by the even-odd rule."""
    dataset = pydicom.dcmread(path)
    mask = np.zeros(image.hu.shape, dtype=bool)
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        points = np.array(contour.ContourData, dtype=float).reshape(-1, 3) - image.origin_mm
        slice_index = round(points[0, 2] / image.spacing_mm[0])
        columns, rows = points[:, 0] / image.spacing_mm[2], points[:, 1] / image.spacing_mm[1]
        mask[slice_index] ^= even_odd(rows, columns, mask.shape[1:])
    return mask


def even_odd(rows, columns, shape):
    """Pixel centres from which a ray to the right crosses the polygon an odd number of times."""
    y, x = np.indices(shape)
    inside = np.zeros(shape, dtype=bool)
    for k in range(len(rows)):
        (y0, x0), (y1, x1) = (rows[k - 1], columns[k - 1]), (rows[k], columns[k])
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def largest_distance_mm(mask, spacing_mm):
    """Largest distance between pixel corners, over the corners that bound the mask's pixels."""
    rows, columns = np.nonzero(mask)
    corners = {(r + a, c + b) for r, c in zip(rows, columns, strict=True) for a, b in CORNERS}
    once = np.array([corner for corner in corners if not surrounded(mask, corner)]) * spacing_mm
    return max(np.hypot(*(once - corner).T).max() for corner in once)


CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def surrounded(mask, corner):
    """Whether all four pixels around a corner are mask."""
    around = [(int(corner[0]) - a, int(corner[1]) - b) for a, b in CORNERS]
    return all(0 <= r < mask.shape[0] and 0 <= c < mask.shape[1] and mask[r, c] for r, c in around)


def measured(image, mask):
    """What ``study`` of the JSON must hold, as {name: (value, relative, absolute tolerance)}."""
    key = int(mask.sum(axis=(1, 2)).argmax())
    plane, last = mask[key], len(mask) - 1
    row_mm, column_mm = image.spacing_mm[1:]
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    box = (np.ptp(rows) + 1) * row_mm, (np.ptp(columns) + 1) * column_mm
    position_mm = image.origin_mm[2] + key * image.spacing_mm[0]
    return {
        "size": (list(mask.shape), 0, 0),
        "spacing_mm": (list(image.spacing_mm), 1e-4, 0),
        "key_slice_index": (key, 0, 0),
        "slice_indices": ([max(key - 1, 0), key, min(key + 1, last)], 0, 0),
        "key_slice_position_mm": (position_mm, 0, 0.01),
        "mask_area_mm2": (plane.sum() * row_mm * column_mm, SHARE, 0),
        "bounding_box_mm": (list(box), SHARE, 0),
        "feret_diameter_mm": (largest_distance_mm(plane, (row_mm, column_mm)), SHARE, 0),
        "mean_hu": (image.hu[key][plane].mean(), 0, HU),
    }


def assert_measured(study, image, mask):
    for name, (value, relative, absolute) in measured(image, mask).items():
        assert study[name] == pytest.approx(value, rel=relative, abs=absolute), name
    uids = [image.sop_instance_uids[index] for index in study["slice_indices"]]
    assert study["sop_instance_uids"] == uids


@pytest.mark.parametrize("image_format", ["dicom", "nifti"])
@pytest.mark.parametrize("mask_format", ["rtstruct", "nifti"])
def test_sarcoma_in_every_pair_of_formats(predict, image_format, mask_format):
    path = SARCOMA / ("dicom" if image_format == "dicom" else "nifti/image.nii.gz")
    image = read_dicom(path) if image_format == "dicom" else read_nifti(path)
    outline = SARCOMA / ("rtstruct/RS.dcm" if mask_format == "rtstruct" else "nifti/mask.nii.gz")
    mask = (
        contour_mask(outline, image) if mask_format == "rtstruct" else label_mask(outline, 1, image)
    )
    run = predict(image=path, mask=outline)
    assert (run.code, run.err) == (0, "")
    assert_measured(run.json["study"], image, mask)
    assert run.json["dl_signature"]["score"] is not None


@pytest.mark.parametrize(
    ("outline", "roi"),
    [
        ("seg/liver.dcm", 1),
        *(("seg/partial_overlaps.dcm", segment) for segment in range(1, 6)),
        ("nrrd/liver_seg.nrrd", 1),
        ("nrrd/heart_seg.nrrd", 3),
        ("nrrd/liver_spine_gapped_seg.nrrd", 1),
        ("nrrd/liver_spine_gapped_seg.nrrd", 5),
    ],
)
def test_abdomen_with_segments_and_labels(predict, outline, roi):
    image = read_dicom(LIVER / "dicom")
    reads = seg_mask if outline.startswith("seg") else label_mask
    run = predict(image=LIVER / "dicom", mask=LIVER / outline, roi=roi)
    assert (run.code, run.err) == (0, "")
    assert_measured(run.json["study"], image, reads(LIVER / outline, roi, image))


@pytest.mark.parametrize("label", [1, 5, 6, 7])
def test_trunk_with_a_label_of_many(predict, label):
    image = read_nifti(TRUNK / "image.nii.gz")
    mask = label_mask(TRUNK / "mask_multilabel.nii.gz", label, image)
    run = predict(image=TRUNK / "image.nii.gz", mask=TRUNK / "mask_multilabel.nii.gz", roi=label)
    assert (run.code, run.err) == (0, "")
    assert_measured(run.json["study"], image, mask)


@pytest.mark.parametrize(
    ("image", "outline"),
    [
        (TRUNK / "image.nii.gz", TRUNK / "mask_multilabel.nii.gz"),
        (LIVER / "dicom", LIVER / "seg/partial_overlaps.dcm"),
        (LIVER / "dicom", LIVER / "nrrd/liver_spine_gapped_seg.nrrd"),
    ],
)
def test_several_regions_without_a_choice_are_refused(predict, refused, image, outline):
    run = predict(image=image, mask=outline)
    refused(run)
    assert "--roi" in run.err


def test_an_outline_of_another_patient_is_refused(predict, refused):
    refused(predict(image=LIVER / "dicom", mask=SARCOMA / "rtstruct/RS.dcm"))


def rewrapped(folder):
    """The sarcoma's files with shuffled names in nested folders, and the same as a zip."""
    paths = sorted((SARCOMA / "dicom").iterdir())
    names = [f"{number:03d}" for number in range(len(paths))]
    random.Random(4).shuffle(names)
    for count, (path, name) in enumerate(zip(paths, names, strict=True)):
        (folder / "shuffled" / f"part{count % 3}" / "deep").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / "shuffled" / f"part{count % 3}" / "deep" / name)
    with zipfile.ZipFile(folder / "case.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (folder / "shuffled").rglob("*"):
            archive.write(path, path.relative_to(folder))
    return folder / "shuffled", folder / "case.zip"


def test_the_score_is_the_same_in_every_wrapping(predict, tmp_path):
    label_map = SARCOMA / "nifti/mask.nii.gz"
    pairs = [
        (SARCOMA / "nifti/image.nii.gz", label_map),
        (SARCOMA / "dicom", label_map),
        (SARCOMA / "dicom", SARCOMA / "rtstruct/RS.dcm"),
        *((image, label_map) for image in rewrapped(tmp_path)),
    ]
    scores = [predict(image=i, mask=m).json["dl_signature"]["score"] for i, m in pairs]
    assert scores == pytest.approx([scores[0]] * len(scores), abs=SCORE)
