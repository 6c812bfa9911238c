"""``predict``: one case, from image, outline and form to probabilities."""

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dlcs_core.cli.case_arguments import add_bundle_argument, add_study_arguments
from dlcs_core.cli.console import language, write_json, write_lines
from dlcs_core.cli.output_files import check_output, write_file

if TYPE_CHECKING:
    from dlcs_core.bundle.reader import Bundle
    from dlcs_core.imaging.study import Study
    from dlcs_core.report.case_report import CaseReport
    from dlcs_core.report.case_view import CaseView


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    add_study_arguments(parser)
    parser.add_argument("--clinical", type=Path, required=True, metavar="FILE.json")
    add_bundle_argument(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--html", type=Path, metavar="FILE", help="self-contained report")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="the same to print")
    parser.add_argument("--pptx", type=Path, metavar="FILE", help="one 16:9 slide")
    parser.add_argument("--save-overlay", type=Path, metavar="DIR", help="the three slices as PNG")


def run(arguments: argparse.Namespace) -> int:
    """Assess the case and write what was asked for."""
    check_output(arguments.html)
    check_output(arguments.pdf)
    check_output(arguments.pptx)
    case = _assess(arguments)
    if arguments.save_overlay:
        from dlcs_core.report.overlay import write_overlays

        write_overlays(case.report, case.study, arguments.save_overlay)
    if arguments.html:
        write_file(arguments.html, _html(case).encode())
    if arguments.pdf:
        from dlcs_core.report.pdf import case_pdf

        write_file(arguments.pdf, case_pdf(case.report, language(), _view(case)))
    if arguments.pptx:
        from dlcs_core.report.slide import case_pptx

        write_file(arguments.pptx, case_pptx(case.report, language(), _view(case)))
    if arguments.json:
        from dlcs_core.report.case_json import case_json

        write_json(case_json(case.report, language()))
    else:
        from dlcs_core.report.case_text import case_text

        write_lines(case_text(case.report, language()))
    return 0


class _Case(NamedTuple):
    """What was assessed, with what, and the result."""

    study: "Study"
    bundle: "Bundle"
    report: "CaseReport"


def _assess(arguments: argparse.Namespace) -> _Case:
    """Read form, model and study, the model beside the study, and assess."""
    from dlcs_core.clinical.record import read_record

    record, warnings = read_record(arguments.clinical)
    with ThreadPoolExecutor(max_workers=1) as beside:
        reading = beside.submit(_read_bundle, arguments.bundle)
        from dlcs_core.imaging.reading import read_study

        study = read_study(arguments.image, arguments.mask, arguments.roi)
        from dlcs_core.report.case import assess_case

        bundle = reading.result()
        return _Case(study, bundle, assess_case(study, record, bundle, warnings))


def _read_bundle(directory: Path) -> "Bundle":
    from dlcs_core.bundle.reader import read_bundle

    bundle = read_bundle(directory)
    bundle.network().warm_up()
    return bundle


def _html(case: _Case) -> str:
    from dlcs_core.report.document import case_html

    return case_html(case.report, language(), _view(case))


def _view(case: _Case) -> "CaseView":
    from dlcs_core.report.case_view import make_case_view

    # Files from a command line are never known to be the shipped phantoms.
    return make_case_view(case.report, case.study, case.bundle, is_demo=False)
