"""The shipped phantom cases."""

import json
from dataclasses import dataclass
from pathlib import Path

from dlcs_core.ui.settings import read_settings
from dlcs_core.ui.words import say

SHOWN_FIRST = ("good_responder", "poor_responder", "uncertain_response")
"""The cases to begin with; the others follow by name."""


@dataclass(frozen=True)
class DemoCase:
    """One case on disk.

    Attributes
    ----------
    name : str
        Name of its folder.
    image, clinical : Path
        Series folder or volume file, clinical form.
    mask : Path or None
        Outline file; None for a case that is to be outlined.
    title_code, note_code : str
        Codes of its title and of what is special about it; ``""`` where it has none.
    trg : int or None
        What became of the phantom: its tumour regression grade.
    """

    name: str
    image: Path
    mask: Path | None
    clinical: Path
    title_code: str
    note_code: str
    trg: int | None

    @property
    def title(self) -> str:
        """The title in the visitor's language; the folder's name where there is none."""
        return say(self.title_code) if self.title_code else self.name.replace("_", " ").capitalize()


def demo_cases() -> tuple[DemoCase, ...]:
    """Return the demo cases; none where their folder is not there."""
    folder = read_settings().demo_cases
    found = [_case_in(path) for path in sorted(folder.glob("*")) if path.is_dir()]
    cases = [case for case in found if case is not None]
    return tuple(sorted(cases, key=_place))


def _place(case: DemoCase) -> tuple[int, str]:
    first = SHOWN_FIRST.index(case.name) if case.name in SHOWN_FIRST else len(SHOWN_FIRST)
    return first, case.name


def _case_in(folder: Path) -> DemoCase | None:
    images, masks = sorted(folder.glob("image*")), sorted(folder.glob("mask*"))
    if not images:
        return None
    about = folder / "case.json"
    facts = json.loads(about.read_text(encoding="utf-8")) if about.is_file() else {}
    return DemoCase(
        name=folder.name,
        image=images[0],
        mask=masks[0] if masks else None,
        clinical=folder / "clinical.json",
        title_code=str(facts.get("title_code", "")),
        note_code=str(facts.get("note_code", "")),
        trg=facts.get("truth", {}).get("trg"),
    )
