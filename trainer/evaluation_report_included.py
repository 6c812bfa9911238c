"""Reports of the trainer's other verbs as sections: their Markdown, tables and figures."""

import re
from pathlib import Path

from dlcs_core.errors import TrainingError
from trainer.evaluation_report_document import Block, Picture, Section, Table

PICTURE = re.compile(r"^!\[(?P<caption>[^\]]*)\]\((?P<file>[^)]+)\)$")
SUFFIXES = ("svg", "png")
NOTICE = "**Research use only"
"""The whole report says it once."""


def included_section(folder: Path, stem: str) -> Section:
    """Read ``<folder>/<stem>.md`` as one section.

    Parameters
    ----------
    folder : Path
        Written by another verb of the trainer.
    stem : str
        Of its Markdown.

    Raises
    ------
    TrainingError
        If it is not there.
    """
    path = folder / f"{stem}.md"
    if not path.is_file():
        raise TrainingError("report_part_missing", file=path.name)
    title = stem.replace("_", " ")
    blocks: list[Block] = []
    for part in path.read_text(encoding="utf-8").split("\n\n"):
        text = part.strip()
        if text.startswith(NOTICE) or not text:
            continue
        if text.startswith("#"):
            heading = text.splitlines()[0].lstrip("# ")
            title, text = (title, f"**{heading}**") if blocks else (heading, "")
        if text:
            blocks.append(_block(text, folder, stem))
    return Section(title, tuple(blocks))


def _block(text: str, folder: Path, stem: str) -> Block:
    found = PICTURE.match(text)
    if found:
        return _picture(folder, found["file"], found["caption"], stem)
    if text.startswith("|"):
        return _table(text)
    return " ".join(text.splitlines())


def _picture(folder: Path, file: str, caption: str, stem: str) -> Block:
    """Read a figure of that folder; nothing outside it, and no other kind of file."""
    path, suffix = folder / file, Path(file).suffix[1:]
    inside = path.resolve().is_relative_to(folder.resolve())
    if not (inside and suffix in SUFFIXES and path.is_file()):
        return f"(figure {Path(file).name} is not there)"
    name = f"{stem}_{Path(file).stem}"
    return Picture(name, path.read_bytes(), "svg" if suffix == "svg" else "png", caption)


def _table(text: str) -> Table:
    lines = [_cells(line) for line in text.splitlines()]
    return Table(lines[0], tuple(lines[2:]))


def _cells(line: str) -> tuple[str, ...]:
    """Split a row at its bars; an escaped bar is part of a cell."""
    cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return tuple(cell.strip().replace("\\|", "|").replace("`", "") for cell in cells)
