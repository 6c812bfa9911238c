"""The clinical form of one patient: read, checked variable by variable and across variables."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dlcs_core.clinical.limits import check_number
from dlcs_core.clinical.variables import VARIABLE_BY_NAME, VARIABLES, Variable
from dlcs_core.errors import ClinicalError, Notice

MAX_FORM_BYTES = 1 << 20
"""A form of 22 values has about 700 bytes; a mebibyte is no form."""

MAX_NESTING = 3
"""Brackets within brackets that an ignored key may hold; beyond it the file is no flat form."""

PATIENT_ID_KEY = "patient_id"

Value = float | str | None
Checked = tuple["ClinicalRecord", tuple[Notice, ...]]

_NOT_PRINTABLE = re.compile(r"[^\w .,;:+*/()%^-]")


@dataclass(frozen=True)
class ClinicalRecord:
    """The clinical variables of one patient before treatment.

    Attributes
    ----------
    patient_id : str or None
        As written in the form. Private: compared, never logged.
    values : mapping of str to float, str or None
        All 22 variables in the order of the list; None where missing, which differs from the
        level ``"unknown"``.
    """

    patient_id: str | None
    values: Mapping[str, Value]

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the variables without a value."""
        return tuple(name for name, value in self.values.items() if value is None)


def read_record(path: Path) -> Checked:
    """Read a clinical form from a JSON file.

    Parameters
    ----------
    path : Path
        A flat JSON object in UTF-8, with or without byte order mark.

    Returns
    -------
    tuple of (ClinicalRecord, tuple of Notice)
        The form and its warnings.

    Raises
    ------
    ClinicalError
        If the file cannot be read or trusted, or a value is refused.
    """
    return parse_record(_read_object(path))


def parse_record(form: Mapping[str, object]) -> Checked:
    """Check a clinical form that is already in memory, e.g. from the browser.

    Parameters
    ----------
    form : mapping of str to object
        Variable name to a number (int or float), a level (str) or None. A missing key is a
        missing value.

    Returns
    -------
    tuple of (ClinicalRecord, tuple of Notice)
        Levels in canonical spelling, numbers as float, and the warnings.

    Raises
    ------
    ClinicalError
        If a value has the wrong type, is no level of its variable or lies outside the hard
        limits.

    Examples
    --------
    >>> record, warnings = parse_record({"sex": "Male", "ct_stage": "T4a", "albumin_g_l": 3.9e1})
    >>> record.values["ct_stage"], record.values["albumin_g_l"], record.values["age_years"]
    ('T4', 39.0, None)
    """
    warnings: list[Notice] = list(_ignored_keys(form))
    values: dict[str, Value] = {}
    for variable in VARIABLES:
        value = _parse_value(variable, form.get(variable.name))
        values[variable.name] = value
        notice = check_number(variable, value) if isinstance(value, float) else None
        warnings += [notice] if notice else []
    record = ClinicalRecord(_parse_patient_id(form.get(PATIENT_ID_KEY)), values)
    warnings += [Notice("clinical_value_missing", {"variable": name}) for name in record.missing]
    return record, (*warnings, *cross_checks(values))


def cross_checks(values: Mapping[str, Value]) -> tuple[Notice, ...]:
    """Return what does not fit together between the variables of one patient.

    Parameters
    ----------
    values : mapping of str to float, str or None
        Checked values.

    Returns
    -------
    tuple of Notice
        Contradictions, and facts that put the patient outside the studied population.
    """
    nodes = values.get("enlarged_lymph_nodes")
    is_signet_ring = values.get("pathological_type") == "signet_ring"
    t1, n0 = values.get("ct_stage") == "T1", values.get("cn_stage") == "N0"
    found = {
        "cn0_with_enlarged_nodes": n0 and isinstance(nodes, float) and nodes > 0,
        "signet_ring_type_without_component": is_signet_ring and values["src_component"] == "no",
        "stage_ct1n0_outside_population": t1 and n0,
        "stage_cm1_outside_population": values.get("cm_stage") == "M1",
        "borrmann_type_with_ct1": t1 and values.get("borrmann_type") is not None,
    }
    return tuple(Notice(code) for code, holds in found.items() if holds)


def displayable(text: str, length: int = 40) -> str:
    """Return untrusted text cut and stripped to what a terminal line can safely show."""
    shown = _NOT_PRINTABLE.sub("?", text)
    return shown if len(shown) <= length else shown[: length - 3] + "..."


def _ignored_keys(form: Mapping[str, object]) -> Iterable[Notice]:
    for key in form:
        if key not in VARIABLE_BY_NAME and key != PATIENT_ID_KEY:
            yield Notice("clinical_key_ignored", {"key": displayable(str(key))})


def _parse_value(variable: Variable, given: object) -> Value:
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    return _parse_level(variable, given) if variable.levels else _parse_number(variable, given)


def _parse_level(variable: Variable, given: object) -> str:
    level = variable.level_of(given) if isinstance(given, str) else None
    if level is None:
        allowed = ", ".join(variable.levels)
        raise ClinicalError("value_not_a_level", variable=variable.name, levels=allowed)
    return level


def _parse_number(variable: Variable, given: object) -> float:
    """Return the number; text is refused because 3,5 and 3.5 differ between countries."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ClinicalError("value_not_a_number", variable=variable.name, unit=variable.unit)
    try:
        return float(given)
    except OverflowError:
        return math.inf


def _parse_patient_id(given: object) -> str | None:
    if given is None or given == "":
        return None
    text = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    if not text.strip() or len(text) > 128 or not text.isprintable():
        raise ClinicalError("patient_id_unusable")
    return text.strip()


def _read_object(path: Path) -> dict[str, object]:
    try:
        text = _read_bytes(path).decode("utf-8-sig")
        content = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_pairs)
    except UnicodeDecodeError as error:
        raise ClinicalError("clinical_file_not_utf8") from error
    except (ValueError, RecursionError) as error:
        raise ClinicalError("clinical_file_not_json") from error
    if not isinstance(content, dict):
        raise ClinicalError("clinical_file_not_an_object")
    if _nesting(content) > MAX_NESTING:
        raise ClinicalError("clinical_file_nested")
    return content


def _read_bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise ClinicalError("clinical_file_not_found")
        with path.open("rb") as stream:
            content = stream.read(MAX_FORM_BYTES + 1)
    except OSError as error:
        raise ClinicalError("clinical_file_not_readable") from error
    if len(content) > MAX_FORM_BYTES:
        raise ClinicalError("clinical_file_too_large", limit_kib=MAX_FORM_BYTES // 1024)
    return content


def _refuse_constant(constant: str) -> float:
    raise ClinicalError("clinical_file_not_finite", found=constant)


def _unique_pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ClinicalError("clinical_key_twice", key=displayable(key))
        found[key] = value
    return found


def _nesting(content: object) -> int:
    """Return the depth of brackets, without recursion."""
    depth, level = 0, [content]
    while level:
        nested = [item for item in level if isinstance(item, dict | list)]
        depth += bool(nested)
        level = [child for item in nested for child in _children(item)]
    return depth


def _children(container: dict[str, object] | list[object]) -> Iterable[object]:
    return container.values() if isinstance(container, dict) else container
