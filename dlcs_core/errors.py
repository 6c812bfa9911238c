"""The errors and notices of the project: a stable code and the values its sentence needs.

Nothing here words anything: :mod:`dlcs_core.translation` turns a code into a sentence, so that
the same refusal reads in English or Chinese, on the command line or in the browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


class DlcsError(Exception):
    """A refusal: what was found cannot be used.

    Parameters
    ----------
    code : str
        Stable name of the refusal, e.g. ``"mask_is_empty"``; its sentence stands in the
        catalogues under ``assets/translations``.
    **values : object
        What the sentence needs. Never a patient identifier, never a path that the user did not
        type.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values: Mapping[str, object] = MappingProxyType(values)

    def __str__(self) -> str:
        """Return code and values for a developer; a user sees ``translation.sentence_of``."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.code}({shown})"

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes: code and values are all there is."""
        return _rebuilt, (type(self), self.code, dict(self.values))


def _rebuilt(kind: type[DlcsError], code: str, values: dict[str, object]) -> DlcsError:
    """Make an error again in another process, whatever its own parameters were."""
    error = kind.__new__(kind)
    DlcsError.__init__(error, code, **values)
    return error


class ImagingError(DlcsError):
    """An image or outline that cannot be read or trusted."""


class ArchiveError(ImagingError):
    """A zip that is broken or exceeds the limits of unpacking."""


class PreprocessingError(DlcsError):
    """A study from which no model input can be made."""


class ClinicalError(DlcsError):
    """A clinical form, table or value outside what the variable list allows."""


class CohortError(DlcsError):
    """A cohort on which the asked statistic is impossible or meaningless."""


class ModelError(DlcsError):
    """A model that cannot be fitted or applied."""


class BundleError(DlcsError):
    """A trained-model directory that fails verification."""


class UsageError(DlcsError):
    """A command line or setting that cannot be understood."""


class SynthesisError(DlcsError):
    """A synthetic cohort that cannot be drawn as asked."""


class TrainingError(DlcsError):
    """A training run that cannot start or continue."""


class StoreError(DlcsError):
    """A database that cannot be opened, read or written."""


@dataclass(frozen=True)
class Notice:
    """Something the user must know although the result stands: a warning as data.

    Attributes
    ----------
    code : str
        Stable name; its sentence stands in the catalogues.
    values : mapping
        What the sentence needs. Never a patient identifier.
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict)
