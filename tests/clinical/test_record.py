import json

import pytest

from dlcs_core.clinical.record import parse_record, read_record
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import ClinicalError
from dlcs_core.translation import sentence_of


def codes(warnings):
    return [w.code for w in warnings if w.code != "clinical_value_missing"]


def written(tmp_path, content):
    path = tmp_path / "form.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_every_variable_is_there_and_missing_stays_missing():
    record, warnings = parse_record({"age_years": 62, "cea": "unknown"})
    assert list(record.values) == list(VARIABLE_BY_NAME)
    assert record.values["age_years"] == 62.0
    assert record.values["cea"] == "unknown"
    assert record.values["ca125"] is None
    assert len(record.missing) == 20
    assert sum(w.code == "clinical_value_missing" for w in warnings) == 20


@pytest.mark.parametrize("given", [None, "", "  "])
def test_null_and_blank_mean_missing(given):
    record, _ = parse_record({"albumin_g_l": given, "sex": given})
    assert record.values["albumin_g_l"] is None
    assert record.values["sex"] is None


@pytest.mark.parametrize("given", ["39", "3,9", True, [39], {"value": 39}])
def test_a_number_must_be_a_number(given):
    with pytest.raises(ClinicalError, match="value_not_a_number"):
        parse_record({"albumin_g_l": given})


@pytest.mark.parametrize("given", ["mal", 1, True, ["male"], "男"])
def test_a_level_must_be_one_of_the_list(given):
    with pytest.raises(ClinicalError, match="value_not_a_level") as refusal:
        parse_record({"sex": given})
    assert refusal.value.values["levels"] == "female, male"


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("albumin_g_l", 4.1, "41"),
        ("wall_thickness_cm", 14, "1.4"),
        ("max_diameter_cm", 52, "5.2"),
        ("neutrophils_1e9_l", 4100, "4.1"),
        ("plateletcrit_percent", 0.0025, "0.25"),
        ("glucose_mmol_l", 99, "5.5"),
        ("age_years", 22_645, "62"),
        ("age_years", 1964, "year of birth"),
        ("bmi_kg_m2", 172, "height"),
        ("neutrophils_1e9_l", 65, "percentage"),
        ("plateletcrit_percent", 2.4, "procalcitonin"),
        ("age_years", 7, "18 to 100"),
        ("albumin_g_l", -1, "10 to 65"),
    ],
)
def test_beyond_a_hard_limit_the_likely_slip_is_named(name, value, remedy):
    with pytest.raises(ClinicalError) as refusal:
        parse_record({name: value})
    message = sentence_of(refusal.value)
    for part in (name, f"{value:g}", VARIABLE_BY_NAME[name].unit, remedy):
        assert part in message


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("glucose_mmol_l", 45, "2.5"),
        ("lymphocytes_percent", 0.28, "28"),
        ("wall_thickness_cm", 5, "0.5"),
        ("age_years", 90, "25 to 85"),
    ],
)
def test_beyond_a_soft_limit_there_is_a_warning_with_the_slip(name, value, remedy):
    record, warnings = parse_record({name: value})
    assert record.values[name] == value
    (warning,) = [w for w in warnings if w.code.startswith("value_unusual")]
    assert remedy in sentence_of(warning)


def test_counts_are_whole():
    with pytest.raises(ClinicalError, match="value_not_whole"):
        parse_record({"enlarged_lymph_nodes": 2.5})


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"cn_stage": "N0", "enlarged_lymph_nodes": 1}, "cn0_with_enlarged_nodes"),
        (
            {"pathological_type": "signet_ring", "src_component": "no"},
            "signet_ring_type_without_component",
        ),
        ({"ct_stage": "T1", "cn_stage": "N0"}, "stage_ct1n0_outside_population"),
        ({"cm_stage": "M1"}, "stage_cm1_outside_population"),
        ({"ct_stage": "T1", "borrmann_type": "II"}, "borrmann_type_with_ct1"),
    ],
)
def test_contradictions_between_variables_are_warned_of(form, code):
    _, warnings = parse_record(form)
    assert codes(warnings) == [code]


def test_an_unknown_key_is_named_without_its_value_or_control_characters():
    _, warnings = parse_record({"patient_name\x1b[31m": "Secret"})
    message = sentence_of(warnings[0])
    assert "patient_name" in message
    assert "Secret" not in message
    assert "\x1b" not in message


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_is_read_with_and_without_byte_order_mark(tmp_path, mark):
    record, _ = read_record(written(tmp_path, mark + '{"patient_id": "病人1"}'.encode()))
    assert record.patient_id == "病人1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"age_years": NaN}', "clinical_file_not_finite"),
        ('{"other": -Infinity}', "clinical_file_not_finite"),
        ('{"age_years": 1e999}', "value_not_finite"),
        ('{"age_years": 1, "age_years": 2}', "clinical_key_twice"),
        ("[" * 100_000, "clinical_file_not_json"),
        ('{"x": ' + "[" * 500 + "]" * 500 + "}", "clinical_file_nested"),
        ("[]", "clinical_file_not_an_object"),
        ("", "clinical_file_not_json"),
        ("{'age_years': 62}", "clinical_file_not_json"),
        ('{"age_years": ' + "9" * 5000 + "}", "clinical_file_not_json"),
        ('{"age_years": ' + "9" * 400 + "}", "value_not_finite"),
        ('{"age_years": 62}'.encode("utf-16"), "clinical_file_not_utf8"),
        (b"\xff\xfe\x00", "clinical_file_not_utf8"),
        (b" " * (1 << 20) + b"{}", "clinical_file_too_large"),
        ('{"patient_id": ["A"]}', "patient_id_unusable"),
        ('{"patient_id": "A\\u0000B"}', "patient_id_unusable"),
    ],
)
def test_a_form_that_cannot_be_trusted_is_refused(tmp_path, content, code):
    with pytest.raises(ClinicalError, match=f"^{code}"):
        read_record(written(tmp_path, content))


def test_a_folder_or_missing_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "absent.json"):
        with pytest.raises(ClinicalError, match="clinical_file_not_found"):
            read_record(path)


def test_a_read_form_is_the_parsed_form(tmp_path):
    form = {"patient_id": 17, "age_years": 62, "ct_stage": "T4b", "albumin_g_l": 39.5}
    assert read_record(written(tmp_path, json.dumps(form))) == parse_record(form)
