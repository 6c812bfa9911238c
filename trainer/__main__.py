"""``python -m trainer prepare | fit``: from a training manifest to a bundle."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from dlcs_core.cli.console import one_line, refusal_line
from dlcs_core.errors import DlcsError, UsageError

if TYPE_CHECKING:
    from trainer.data import BrokenStudy

REFUSED, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trainer's command line; return the exit status."""

    def run() -> None:
        options = _parser().parse_args(arguments)
        options.run(options)

    return run_refusing(run)


def run_refusing(run: Callable[[], None]) -> int:
    """Run, and turn a refusal or an interruption into one line and an exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        run()
    except DlcsError as error:
        print(_worded(error), file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print(_worded(UsageError("training_interrupted")), file=sys.stderr)
        return INTERRUPTED
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """End on SIGTERM as on Ctrl-C, so that temporary files go and workers end."""
    raise KeyboardInterrupt


def _worded(error: DlcsError) -> str:
    """Return an error's sentence; its code where the bare training machine has no catalogue."""
    try:
        return refusal_line(error)
    except ImportError:
        return one_line(str(error))


class _Parser(argparse.ArgumentParser):
    """A parser whose refusals are one line, as everywhere in the project."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("usage_not_understood", problem=one_line(message), program=self.prog)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m trainer", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=_Parser)
    prepare = verbs.add_parser("prepare", help="read every study once into a tensor cache")
    prepare.add_argument("--manifest", type=Path, required=True, help="training manifest (CSV)")
    prepare.add_argument("--out", type=Path, required=True, help="directory of the cache")
    prepare.add_argument("--skip-broken", action="store_true", help="leave broken studies out")
    prepare.add_argument(
        "--keep-surroundings", action="store_true", help="do not zero what is beyond the outline"
    )
    prepare.add_argument("--jobs", type=_jobs, default=_cores(), help="processes")
    prepare.set_defaults(run=_prepare)
    fit = verbs.add_parser("fit", help="train the whole system and write its bundle")
    source = fit.add_mutually_exclusive_group(required=True)
    source.add_argument("--manifest", type=Path, help="training manifest (CSV)")
    source.add_argument("--cache", type=Path, help="tensor cache written by prepare")
    fit.add_argument("--config", required=True, help="demo, smoke, paper or a TOML file")
    fit.add_argument("--out", type=Path, required=True, help="bundle directory")
    fit.add_argument("--truth", type=Path, help="true probabilities of a synthetic cohort (CSV)")
    fit.add_argument("--until", choices=["dl_signature"], help="stop after the networks")
    fit.add_argument("--resume", action="store_true", help="refuse to start a new run")
    fit.add_argument("--jobs", type=_jobs, default=_cores(), help="folds trained at a time")
    fit.add_argument("--imagenet-weights", type=Path, help="file of torchvision's weights")
    fit.add_argument(
        "--data-parallel", action="store_true", help="all ranks of torchrun train each fold"
    )
    fit.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs, too")
    fit.set_defaults(run=_fit)
    _add_ablate(verbs)
    _add_contrast(verbs)
    _add_cam_sanity(verbs)
    _add_audit(verbs)
    _add_report(verbs)
    _add_demonstrate(verbs)
    return parser


def _add_ablate(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    """Describe ``ablate``."""
    ablate = verbs.add_parser("ablate", help="what each part of the recipe adds, with intervals")
    ablate.add_argument("--cache", type=Path, required=True, help="tensor cache")
    ablate.add_argument("--config", default="ablation", help="recipe that the arms change")
    ablate.add_argument("--out", type=Path, required=True, help="folder of networks and report")
    ablate.add_argument("--arms", type=_names, default=[], help="A,B: only these arms")
    ablate.add_argument("--folds", type=_jobs, help="folds held out; default: all of the recipe")
    ablate.add_argument("--seeds", type=_numbers, help="A,B: default the recipe's seed")
    ablate.add_argument("--imagenet-weights", type=Path, help="file of torchvision's weights")
    ablate.add_argument("--jobs", type=_jobs, default=_cores(), help="folds trained at a time")
    ablate.set_defaults(run=_ablate)


def _add_contrast(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    """Describe ``contrast``."""
    contrast = verbs.add_parser("contrast", help="the same trainer on labelled real CT slices")
    contrast.add_argument("--data", type=Path, required=True, help="folder with labels.csv")
    contrast.add_argument("--config", default="contrast", help="recipe of both networks")
    contrast.add_argument("--out", type=Path, required=True, help="folder of the report")
    contrast.set_defaults(run=_contrast)


def _add_cam_sanity(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    """Describe ``cam-sanity``."""
    sanity = verbs.add_parser("cam-sanity", help="whether activation maps show what was learnt")
    sanity.add_argument("--bundle", type=Path, required=True, help="trained model")
    sanity.add_argument("--cache", type=Path, required=True, help="tensor cache of cases to show")
    sanity.add_argument("--patients", type=_jobs, default=12, help="cases; default 12")
    sanity.add_argument("--out", type=Path, required=True, help="folder of the figures")
    sanity.set_defaults(run=_cam_sanity)


def _add_audit(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    """Describe ``audit-synthetic``."""
    audit = verbs.add_parser("audit-synthetic", help="whether DeepSMOTE's images are any good")
    source = audit.add_mutually_exclusive_group(required=True)
    source.add_argument("--manifest", type=Path, help="training manifest (CSV)")
    source.add_argument("--cache", type=Path, help="tensor cache written by prepare")
    audit.add_argument("--config", required=True, help="demo, smoke, paper or a TOML file")
    audit.add_argument("--out", type=Path, required=True, help="folder of the report")
    audit.add_argument("--folds", type=_jobs, default=1, help="folds of the recipe; default 1")
    audit.add_argument("--jobs", type=_jobs, default=_cores(), help="folds audited at a time")
    audit.set_defaults(run=_audit)


def _add_report(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    """Describe ``report``."""
    report = verbs.add_parser("report", help="every table and figure of a bundle, in one document")
    report.add_argument("--bundle", type=Path, required=True, help="trained model")
    report.add_argument(
        "--run", dest="folder", type=Path, required=True, help="its .training folder"
    )
    report.add_argument("--cache", type=Path, required=True, help="tensor cache it was fitted on")
    report.add_argument("--out", type=Path, required=True, help="folder of the report")
    for part in ("ablation", "audit", "cam", "truth-test", "liar", "leak"):
        report.add_argument(f"--{part}", type=Path, help=f"folder of the {part}, to be included")
    report.set_defaults(run=_report)


def _add_demonstrate(verbs: "argparse._SubParsersAction[_Parser]") -> None:
    """Describe ``demonstrate``."""
    demonstrate = verbs.add_parser("demonstrate", help="truth test, liar test, leak theatre")
    demonstrate.add_argument("which", choices=["truth", "liar", "leak"])
    demonstrate.add_argument("--out", type=Path, required=True, help="folder of the report")
    demonstrate.add_argument("--bundle", type=Path, help="truth: trained model")
    demonstrate.add_argument("--cohort", type=Path, help="truth: phantoms that are there already")
    demonstrate.add_argument("--scores", type=Path, help="truth: their result table by batch")
    demonstrate.add_argument("--cache", type=Path, help="leak: tensor cache of a cohort")
    demonstrate.add_argument("--config", default="demonstration", help="liar, leak: recipe")
    demonstrate.add_argument("--folds", type=_jobs, help="liar, leak: default those of the recipe")
    demonstrate.add_argument("--patients", type=_patients, help="truth: 2000, liar: 300 a cohort")
    demonstrate.add_argument("--seed", type=_patients, default=71001, help="of the phantoms")
    demonstrate.add_argument("--jobs", type=_jobs, default=_cores(), help="processes")
    demonstrate.set_defaults(run=_demonstrate)


def _patients(text: str) -> int:
    """Read a number of patients, or a seed."""
    if not text.isdecimal() or not 1 <= int(text) < 2**31:
        raise argparse.ArgumentTypeError("a whole number from 1")
    return int(text)


def _jobs(text: str) -> int:
    """Read a number of processes."""
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError("a whole number from 1 to 256")
    return int(text)


def _names(text: str) -> list[str]:
    """Read a list of names."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(text: str) -> list[int]:
    """Read a list of whole numbers."""
    names = _names(text)
    if not names or not all(name.isdecimal() and int(name) < 2**31 for name in names):
        raise argparse.ArgumentTypeError("whole numbers, separated by commas")
    return [int(name) for name in names]


def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _prepare(options: argparse.Namespace) -> None:
    from dlcs_core.preprocessing.settings import PreprocessingSettings
    from trainer.data import BrokenStudiesError, prepare_cache

    try:
        broken = prepare_cache(
            options.manifest,
            options.out,
            settings=PreprocessingSettings(zero_outside=not options.keep_surroundings),
            jobs=options.jobs,
            skip_broken=options.skip_broken,
        )
    except BrokenStudiesError as error:
        _list_broken(error.broken)
        raise
    _list_broken(broken)


def _list_broken(broken: "Sequence[BrokenStudy]") -> None:
    """List on stdout, by row of the manifest, the studies that cannot be read, and why."""
    for study in broken:
        print(f"{study.row}: {_worded(study.error)}")


def _fit(options: argparse.Namespace) -> None:
    from trainer.config import read_config, with_weights_file
    from trainer.train import fit_bundle

    config = with_weights_file(read_config(options.config), options.imagenet_weights)
    cache = options.cache or _cache_of(options.manifest, options.out, options.jobs)
    fit_bundle(
        cache,
        config,
        options.out,
        jobs=options.jobs,
        until=options.until,
        must_resume=options.resume,
        truth=options.truth,
        data_parallel=options.data_parallel,
        tensorboard=options.tensorboard,
    )


def _ablate(options: argparse.Namespace) -> None:
    from trainer.ablate import Ablation, run_ablation
    from trainer.ablation_arms import choose_arms
    from trainer.config import read_config, with_weights_file

    config = with_weights_file(read_config(options.config), options.imagenet_weights)
    ablation = Ablation(
        options.cache,
        config,
        choose_arms(options.arms, options.imagenet_weights),
        options.seeds or [config.seed],
        min(options.folds or config.folds, config.folds),
        options.out,
    )
    run_ablation(ablation, options.jobs)


def _contrast(options: argparse.Namespace) -> None:
    from trainer.config import read_config
    from trainer.contrast import run_contrast

    run_contrast(options.data, read_config(options.config), options.out)


def _cam_sanity(options: argparse.Namespace) -> None:
    from trainer.cam_sanity import check_maps
    from trainer.cam_sanity_report import write_cam_sanity

    write_cam_sanity(options.out, check_maps(options.bundle, options.cache, options.patients))


def _audit(options: argparse.Namespace) -> None:
    from trainer.audit import audit_synthetic
    from trainer.config import read_config

    config = read_config(options.config)
    cache = options.cache or _cache_of(options.manifest, options.out, options.jobs)
    audit_synthetic(cache, config, options.out, folds=options.folds, jobs=options.jobs)


def _report(options: argparse.Namespace) -> None:
    from trainer.evaluation_report import ReportSources, write_report

    write_report(
        ReportSources(
            options.bundle,
            options.folder,
            options.cache,
            ablation=options.ablation,
            audit=options.audit,
            cam=options.cam,
            truth_test=options.truth_test,
            liar=options.liar,
            leak=options.leak,
        ),
        options.out,
    )


def _demonstrate(options: argparse.Namespace) -> None:
    from trainer.demonstrations.command import demonstrate

    demonstrate(options)


def _cache_of(manifest: Path, out: Path, jobs: int) -> Path:
    """Return the cache of a manifest beside the bundle, prepared as far as it is not there."""
    from trainer.data import prepare_cache

    cache = out.with_name(out.name + ".cache")
    prepare_cache(manifest, cache, jobs=jobs)
    return cache


if __name__ == "__main__":
    sys.exit(main())
