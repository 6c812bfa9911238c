"""From a manifest of studies to the tensor cache: ``python -m trainer prepare``."""

import hashlib
import multiprocessing
import secrets
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.errors import DlcsError, TrainingError
from dlcs_core.preprocessing.settings import PreprocessingSettings
from trainer.cache import write_cache
from trainer.progress import progress_bar
from trainer.sources import MEASURED, CachedStudy, EarlierCache, read_earlier, signature

REQUIRED_COLUMNS = ("patient_id", "center", "cohort", "good_response", "image", "mask")
TRUTHS = "truth.csv"
"""Beside a manifest: the truths from which ``synthesize`` drew it. No patient comes with them."""

FIRST_ROW = 2
"""Row number of the first patient as a spreadsheet shows it: the header is row 1."""


Work = tuple[int, Path, Path, str | None, PreprocessingSettings]
"""Row, image, mask, region and settings of a study."""


@dataclass(frozen=True)
class PreparedStudy:
    """What the cache keeps of one study.

    Attributes
    ----------
    image : float32 array (3, 112, 112)
        Model input.
    mask : uint8 array (3, 112, 112)
        0 or 1.
    further : float32 array (2, 112, 112)
        The slices beyond the neighbours.
    facts : dict
        Measurements on the native grid, by column name.
    """

    image: NDArray[np.float32]
    mask: NDArray[np.uint8]
    further: NDArray[np.float32]
    facts: dict[str, Any]


@dataclass(frozen=True)
class BrokenStudy:
    """A study that was refused.

    Attributes
    ----------
    row : int
        Row of the manifest as a spreadsheet shows it.
    error : DlcsError
        Why.
    """

    row: int
    error: DlcsError


def prepare_cache(
    manifest: Path,
    out: Path,
    *,
    settings: PreprocessingSettings | None = None,
    jobs: int = 1,
    skip_broken: bool = False,
) -> list[BrokenStudy]:
    """Read every study of a training manifest once and write the tensor cache.

    Where the cache is there already, only studies whose files changed are read; where nothing
    changed, nothing is done.

    Parameters
    ----------
    manifest : Path
        Training manifest (CONTRACT 1); image and mask paths are relative to it.
    out : Path
        Directory of the cache, new or an earlier one. It appears, or takes the earlier one's
        place, when everything is written.
    settings : PreprocessingSettings, optional
        The paper's by default.
    jobs : int
        Processes.
    skip_broken : bool
        Leave studies that cannot be read out instead of refusing.

    Returns
    -------
    list of BrokenStudy
        What was left out.

    Raises
    ------
    TrainingError
        If a study cannot be read (unless skipped), a patient has no outcome, or ``out`` is
        something else than a cache.
    ClinicalError
        If the manifest breaks a rule of the contract.
    """
    settings = settings or PreprocessingSettings()
    earlier = read_earlier(out, settings)
    table = read_cohort(manifest, required=REQUIRED_COLUMNS).table
    _refuse_unusable_rows(table)
    work = _work(manifest, table, settings)
    sources = [signature(image, mask, region) for _, image, mask, region, _ in work]
    manifest_sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest()
    if earlier.is_whole(manifest_sha256, sources):
        return []
    studies = _read_studies(work, sources, earlier, jobs)
    broken = [one for one in studies if isinstance(one, BrokenStudy)]
    if broken and not (skip_broken and len(broken) < len(studies)):
        raise BrokenStudiesError(broken, len(studies))
    readable = [n for n, one in enumerate(studies) if isinstance(one, PreparedStudy)]
    prepared = [one for one in studies if isinstance(one, PreparedStudy)]
    facts = {
        "preprocessing": settings.to_dict(),
        "synthetic": manifest.with_name(TRUTHS).is_file(),
        "manifest_sha256": manifest_sha256,
        "skipped_rows": [one.row for one in broken],
        "sources": [sources[n] for n in readable],
    }
    with _appearing_whole(out) as directory:
        images = np.stack([one.image for one in prepared])
        masks = np.stack([one.mask for one in prepared])
        further = np.stack([one.further for one in prepared])
        rows = _cache_table(table, readable, prepared)
        write_cache(directory, images, masks, rows, facts, further)
    return broken


class BrokenStudiesError(TrainingError):
    """Some studies of a manifest cannot be read.

    Parameters
    ----------
    broken : sequence of BrokenStudy
        Every one of them; the caller lists them by row.
    total : int
        Studies in the manifest.
    """

    def __init__(self, broken: Sequence[BrokenStudy], total: int) -> None:
        rows = ", ".join(str(one.row) for one in broken[:20])
        more = ", ..." if len(broken) > 20 else ""
        super().__init__("studies_broken", found=len(broken), total=total, rows=rows + more)
        self.broken = tuple(broken)


def _refuse_unusable_rows(table: pd.DataFrame) -> None:
    """Refuse rows without what training needs; a missing outcome is never guessed."""
    for column in REQUIRED_COLUMNS:
        empty = np.flatnonzero(table[column].isna().to_numpy())
        if len(empty):
            row = int(empty[0]) + FIRST_ROW
            raise TrainingError("manifest_cell_empty", column=column, row=row, count=len(empty))


def _work(manifest: Path, table: pd.DataFrame, settings: PreprocessingSettings) -> list[Work]:
    """Return what reading each study needs, in the order of the table."""
    regions = table["roi"] if "roi" in table else [None] * len(table)
    folder = manifest.parent
    return [
        (row + FIRST_ROW, folder / str(image), folder / str(mask), _region(region), settings)
        for row, (image, mask, region) in enumerate(
            zip(table["image"], table["mask"], regions, strict=True)
        )
    ]


def _read_studies(
    work: list[Work], sources: list[str], earlier: EarlierCache, jobs: int
) -> list[PreparedStudy | BrokenStudy]:
    """Read the studies that no earlier cache holds, in parallel; all in the order of the table."""
    studies: list[PreparedStudy | BrokenStudy | None] = [
        _kept(earlier.studies.get(source)) for source in sources
    ]
    unread = [place for place, study in enumerate(studies) if study is None]
    with progress_bar(len(unread), "Reading studies", "study") as bar:
        found = _map_in_processes([work[place] for place in unread], jobs)
        for place, study in zip(unread, found, strict=True):
            studies[place] = study
            bar.update(1)
    return [study for study in studies if study is not None]


def _kept(study: CachedStudy | None) -> PreparedStudy | None:
    if study is None:
        return None
    return PreparedStudy(study.image, study.mask, study.further, study.facts)


def _map_in_processes(work: list[Work], jobs: int) -> Iterator[PreparedStudy | BrokenStudy]:
    """Yield the results in order; without processes where one suffices."""
    if jobs == 1 or len(work) <= 1:
        yield from map(_read_one, work)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield from pool.map(_read_one, work, chunksize=4)


def _region(cell: object) -> str | None:
    """Return the region's name or label as typed in the manifest; None for an empty cell."""
    is_empty = cell is None or cell != cell  # NaN differs from itself
    return None if is_empty else str(cell)


def _read_one(
    work: Work,
) -> PreparedStudy | BrokenStudy:
    """Read, preprocess and measure one study."""
    from dlcs_core.imaging.study_reading import read_study
    from dlcs_core.preprocessing.measurements import measure
    from dlcs_core.preprocessing.pipeline import preprocess, preprocess_further
    from dlcs_core.preprocessing.slices import select_slices

    row, image, mask, region, settings = work
    try:
        study = read_study(image, mask, region)
        selected = select_slices(study)
        model_input = preprocess(study, settings, selected)
        further = preprocess_further(study, selected, model_input, settings)
        measured = measure(study, selected)
    except DlcsError as error:
        return BrokenStudy(row, error)
    values = (
        *measured.spacing_mm[:2],
        measured.mask_area_mm2,
        measured.feret_diameter_mm,
        measured.mean_hu,
    )
    facts = dict(zip(MEASURED, values, strict=True))
    return PreparedStudy(model_input.image, model_input.mask, further, facts)


def _cache_table(
    table: pd.DataFrame, readable: list[int], prepared: list[PreparedStudy]
) -> pd.DataFrame:
    """Return the rows that were read, without paths, with what was measured."""
    kept = table.iloc[readable].drop(columns=["image", "mask"]).reset_index(drop=True)
    for flag in ("good_response", "os_event"):
        if flag in kept:
            kept[flag] = kept[flag].astype("Int64")
    return kept.assign(**pd.DataFrame([one.facts for one in prepared]))


@contextmanager
def _appearing_whole(out: Path) -> Iterator[Path]:
    """Give a hidden directory beside ``out`` that takes its place when everything went well."""
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.parent / f".{out.name}.{secrets.token_hex(4)}"
    temporary.mkdir()
    try:
        yield temporary
        replaced = temporary.with_name(temporary.name + ".old")
        if out.exists():
            out.rename(replaced)
        temporary.rename(out)
        shutil.rmtree(replaced, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
