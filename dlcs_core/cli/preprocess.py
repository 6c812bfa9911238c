"""``preprocess``: the network's input of one case as a file."""

import argparse
import io
from pathlib import Path

from dlcs_core.cli.case_arguments import add_study_arguments
from dlcs_core.cli.console import language, warning_list, write_json, write_lines
from dlcs_core.cli.output_files import check_output, write_file

SCHEMA = "dlcs.preprocess/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    add_study_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Write ``image`` float32 (3, 112, 112) and ``mask`` uint8 (3, 112, 112)."""
    import numpy as np

    from dlcs_core.imaging.reading import read_study
    from dlcs_core.preprocessing.measurements import measure
    from dlcs_core.preprocessing.pipeline import preprocess
    from dlcs_core.preprocessing.settings import PreprocessingSettings
    from dlcs_core.preprocessing.slices import select_slices
    from dlcs_core.report.case_json import study_json
    from dlcs_core.translation import sentence

    check_output(arguments.out)
    study = read_study(arguments.image, arguments.mask, arguments.roi)
    selected = select_slices(study)
    settings = PreprocessingSettings()
    model_input = preprocess(study, settings, selected)
    content = io.BytesIO()
    np.savez(content, image=model_input.image, mask=model_input.mask)
    write_file(arguments.out, content.getvalue())
    if not arguments.json:
        write_lines([sentence("text_preprocessed", language())])
        return 0
    write_json(
        {
            "schema": SCHEMA,
            "research_use_only": True,
            "study": study_json(measure(study, selected)),
            "preprocessing": settings.to_dict(),
            "warnings": warning_list((*study.warnings, *model_input.warnings)),
        }
    )
    return 0
