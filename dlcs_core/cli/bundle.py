"""``bundle verify DIR`` and ``bundle show DIR [--json]``."""

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from dlcs_core.cli.console import (
    RESEARCH_USE_CODE,
    language,
    warning_list,
    write_json,
    write_lines,
)
from dlcs_core.errors import Notice

if TYPE_CHECKING:
    from dlcs_core.bundle.reader import Bundle

SCHEMA = "dlcs.bundle-summary/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("action", choices=("verify", "show"), help="check it, or tell what it is")
    parser.add_argument("bundle", type=Path, metavar="DIR", help="trained-model directory")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Verify a bundle and print one line, or what it says about itself.

    Raises
    ------
    BundleError
        If the bundle fails verification.
    """
    from dlcs_core.bundle.reader import read_bundle

    bundle = read_bundle(arguments.bundle)
    if arguments.json:
        write_json(bundle_summary(bundle))
    elif arguments.action == "verify":
        write_lines([_identity(bundle)])
    else:
        write_lines(_lines(bundle))
    return 0


def bundle_warnings(bundle: "Bundle") -> tuple[Notice, ...]:
    """Return what a user of this bundle must know."""
    manifest = bundle.manifest
    notices = []
    if manifest.synthetic_training_data:
        notices.append(Notice("bundle_trained_on_synthetic_data"))
    if manifest.interval_method is None:
        notices.append(Notice("bundle_without_interval"))
    return tuple(notices)


def bundle_summary(bundle: "Bundle") -> dict[str, object]:
    """Return provenance and metrics as a JSON object of schema ``dlcs.bundle-summary/1``."""
    manifest = asdict(bundle.manifest)
    identity = {name: manifest.pop(name) for name in ("name", "version", "synthetic_training_data")}
    return {
        "schema": SCHEMA,
        "research_use_only": True,
        "warnings": warning_list(bundle_warnings(bundle)),
        "bundle": {**identity, "sha256": bundle.sha256},
        "n_folds": bundle.network().n_folds,
        **manifest,
    }


def _identity(bundle: "Bundle") -> str:
    manifest = bundle.manifest
    return f"OK {manifest.name} {manifest.version} sha256:{bundle.sha256}"


def _lines(bundle: "Bundle") -> list[str]:
    """Return the summary as indented text."""
    from dlcs_core.translation import sentence

    summary = bundle_summary(bundle)
    shown = {name: value for name, value in summary.items() if name not in _NOT_SHOWN}
    warnings = [notice["message"] for notice in warning_list(bundle_warnings(bundle))]
    return [
        _identity(bundle),
        sentence(RESEARCH_USE_CODE, language()),
        *warnings,
        *_flat("", shown),
    ]


_NOT_SHOWN = ("schema", "research_use_only", "warnings", "bundle", "files")


def _flat(prefix: str, value: object) -> list[str]:
    """Return one ``path: value`` line per leaf."""
    if isinstance(value, Mapping):
        return [
            line
            for name, member in value.items()
            for line in _flat(f"{prefix}.{name}" if prefix else name, member)
        ]
    listed = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return [f"{prefix}: {listed}"]
