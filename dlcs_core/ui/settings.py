"""Where the app finds its bundle, cases and tables; set by environment variables."""

import os
from dataclasses import dataclass
from pathlib import Path

from dlcs_core.translation import LANGUAGES

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@dataclass(frozen=True)
class Settings:
    """Settings of one running app.

    Attributes
    ----------
    bundle : Path
        Trained-model directory (``DLCS_BUNDLE``).
    data_directory : Path
        Folder with ``demo_cases/`` and ``demo_cohort.csv`` (``DLCS_DATA_DIR``).
    database_url : str
        SQLAlchemy address (``DLCS_DATABASE_URL``).
    language : str
        Language of a first visit (``DLCS_LANGUAGE``).
    """

    bundle: Path
    data_directory: Path
    database_url: str
    language: str

    @property
    def demo_cases(self) -> Path:
        """Folder with one folder per demo case."""
        return self.data_directory / "demo_cases"

    @property
    def demo_cohort(self) -> Path:
        """Table of the synthetic cohort."""
        return self.data_directory / "demo_cohort.csv"


def read_settings() -> Settings:
    """Return the settings of the environment; what is not set is the shipped demo.

    A language without a catalogue reads as English.
    """
    language = os.environ.get("DLCS_LANGUAGE", LANGUAGES[0])
    return Settings(
        bundle=Path(os.environ.get("DLCS_BUNDLE") or ASSETS / "demo_bundle"),
        data_directory=Path(os.environ.get("DLCS_DATA_DIR") or ASSETS),
        database_url=os.environ.get("DLCS_DATABASE_URL") or "sqlite:///data/dlcs.sqlite3",
        language=language if language in LANGUAGES else LANGUAGES[0],
    )
