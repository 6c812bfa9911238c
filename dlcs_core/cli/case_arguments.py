"""Options that verbs about one case share."""

import argparse
from pathlib import Path


def add_study_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--image``, ``--mask`` and ``--roi``."""
    parser.add_argument("--image", type=Path, required=True, help="file, folder or zip")
    parser.add_argument("--mask", type=Path, required=True, help="outline: file or folder")
    parser.add_argument("--roi", metavar="NAME_OR_LABEL", help="which region of the mask")


def add_bundle_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--bundle``."""
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR", help="trained model")
