"""Make a whole synthetic cohort on disk: images, masks, manifest and truth."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlcs_core.errors import SynthesisError
from dlcs_core.synthetic.patients import Patients, draw_patients
from dlcs_core.synthetic.phantoms import make_phantom, noise_seed
from dlcs_core.synthetic.posterior import auc
from dlcs_core.synthetic.records import (
    Table,
    manifest_table,
    patient_id,
    recorded_age,
    truth_table,
    write_table,
)
from dlcs_core.synthetic.survival_times import TIME_ORIGIN

FORMATS = ("dicom", "nifti")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Synthesis:
    """What was made.

    Attributes
    ----------
    patients, good_responders : int
        Counts.
    by_cohort, by_center : dict of str to int
        Patients of each.
    deaths : int
        Observed deaths.
    ceiling_auc, ceiling_auc_dlcs : float or None
        AUC of the true posterior on these very patients: what no image signature, and no
        fusion, can be expected to beat. None where a class is absent.
    parameters : dict
        Arguments that remake it.
    """

    patients: int
    good_responders: int
    by_cohort: dict[str, int]
    by_center: dict[str, int]
    deaths: int
    ceiling_auc: float | None
    ceiling_auc_dlcs: float | None
    parameters: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object ``dlcs.synthesis/1``."""
        return {
            "schema": "dlcs.synthesis/1",
            "research_use_only": True,
            "synthetic": True,
            "warnings": [],
            **{name: value for name, value in vars(self).items() if name != "parameters"},
            "time_origin": TIME_ORIGIN,
            "parameters": self.parameters,
        }


def synthesize(
    out: Path,
    patients: int,
    seed: int,
    centers: int = 1,
    file_format: str = "dicom",
    signal: str = "planted",
    progress: Progress | None = None,
    jobs: int = -1,
) -> Synthesis:
    """Draw and render a cohort.

    Parameters
    ----------
    out : Path
        Folder to make; it must not exist or be empty. It appears only when all is written.
    patients, seed, centers, signal
        As for :func:`dlcs_core.synthetic.patients.draw_patients`.
    file_format : str
        ``"dicom"`` (whole series) or ``"nifti"`` (the slices around the tumour).
    progress : callable, optional
        Called with (patients done, patients in all).
    jobs : int
        Processes; -1 takes every core.

    Returns
    -------
    Synthesis
        Counts and the ceiling.

    Raises
    ------
    SynthesisError
        If an argument is out of range, or the folder is not empty or cannot be written.
    """
    if file_format not in FORMATS:
        raise SynthesisError("synthesis_format_unknown", found=file_format)
    drawn = draw_patients(patients, seed, centers, signal)
    with _appearing_at_the_end(out) as directory:
        files = _render_all(drawn, seed, file_format, directory, progress, jobs)
        truth = truth_table(drawn)
        write_table(directory / "manifest.csv", manifest_table(drawn, files))
        write_table(directory / "truth.csv", truth)
    parameters = {
        "patients": patients,
        "seed": seed,
        "centers": centers,
        "format": file_format,
        "signal": signal,
    }
    return _summarize(drawn, truth, parameters)


@contextmanager
def _appearing_at_the_end(out: Path) -> Iterator[Path]:
    """Give a folder beside ``out`` that takes its place when all went well, else vanishes."""
    out = out.resolve()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SynthesisError("synthesis_folder_not_empty")
    # Two runs into the same folder must not write into each other's half.
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        yield partial
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        raise SynthesisError("synthesis_cannot_write", reason=error.strerror or "") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _render_all(
    drawn: Patients,
    seed: int,
    file_format: str,
    directory: Path,
    progress: Progress | None,
    jobs: int,
) -> list[tuple[str, str]]:
    """Render every patient in parallel; return image and mask paths relative to the folder."""
    from joblib import Parallel, delayed, parallel_config

    tasks = (
        delayed(render_patient)(drawn, index, seed, file_format, directory)
        for index in range(len(drawn))
    )
    files: list[tuple[str, str]] = []
    n_jobs = 1 if len(drawn) < 3 else jobs
    with parallel_config(backend="loky", inner_max_num_threads=1):
        for image, mask in Parallel(n_jobs=n_jobs, return_as="generator")(tasks):
            files.append((image, mask))
            if progress is not None:
                progress(len(files), len(drawn))
    return files


def render_patient(
    drawn: Patients, index: int, seed: int, file_format: str, directory: Path
) -> tuple[str, str]:
    """Render one patient into a folder of its own below ``directory``.

    Returns
    -------
    image, mask : str
        Paths relative to ``directory``.
    """
    phantom, noise = make_phantom(drawn, index, seed), noise_seed(seed, index)
    own = directory / patient_id(index)
    own.mkdir()
    if file_format == "nifti":
        from dlcs_core.synthetic.volume_writer import write_nifti_case

        image, mask = write_nifti_case(phantom, noise, own)
    else:
        from dlcs_core.synthetic.dicom_writer import write_dicom_case
        from dlcs_core.synthetic.series import PatientHeader

        age, sex = recorded_age(drawn, index), "M" if drawn.codes["sex"][index] else "F"
        header = PatientHeader(patient_id(index), sex, age, str(drawn.center[index]), seed)
        image, mask = write_dicom_case(phantom, noise, own, header)
    return image.relative_to(directory).as_posix(), mask.relative_to(directory).as_posix()


def _summarize(drawn: Patients, truth: Table, parameters: dict[str, Any]) -> Synthesis:
    import numpy as np

    good = drawn.good_response
    scores = (np.array(truth[name], dtype=float) for name in ("bayes_score", "bayes_score_dlcs"))
    ceiling, ceiling_dlcs = (auc(good, score) for score in scores)
    return Synthesis(
        patients=len(drawn),
        good_responders=int(good.sum()),
        by_cohort=_counts(drawn.cohort.tolist()),
        by_center=_counts(drawn.center.tolist()),
        deaths=int(np.nansum(drawn.os_event)),
        ceiling_auc=ceiling,
        ceiling_auc_dlcs=ceiling_dlcs,
        parameters=parameters,
    )


def _counts(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}
