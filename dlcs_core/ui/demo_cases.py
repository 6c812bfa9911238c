"""The shipped phantom cases."""

from dataclasses import dataclass
from pathlib import Path

from dlcs_core.ui.settings import read_settings


@dataclass(frozen=True)
class DemoCase:
    """One case on disk.

    Attributes
    ----------
    name : str
        Name of its folder.
    image, mask, clinical : Path
        Series folder or volume file, outline file, clinical form.
    """

    name: str
    image: Path
    mask: Path
    clinical: Path

    @property
    def title(self) -> str:
        """The name as it is shown."""
        return self.name.replace("_", " ").capitalize()


def demo_cases() -> tuple[DemoCase, ...]:
    """Return the demo cases in order of name; none where the folder is not there."""
    folder = read_settings().demo_cases
    folders = sorted(path for path in folder.glob("*") if path.is_dir())
    return tuple(case for case in map(_case_in, folders) if case is not None)


def _case_in(folder: Path) -> DemoCase | None:
    images, masks = sorted(folder.glob("image*")), sorted(folder.glob("mask*"))
    if not images or not masks:
        return None
    return DemoCase(folder.name, images[0], masks[0], folder / "clinical.json")
