"""Model card: everything on it comes from the bundle's manifest."""

from dataclasses import replace

from dlcs_core.bundle.writer import write_bundle


def test_the_card_names_use_limits_population_and_provenance(page, shown, untrained_bundle):
    app = page("model_card")
    assert not app.exception
    said = shown(app)
    assert "Intended use" in said
    assert "its benefit is not estimated" in said
    assert "trained on computer phantoms" in said
    assert "start of neoadjuvant chemotherapy" in said
    tables = "\n".join(table.value.to_string() for table in app.table)
    assert "untrained 0" in tables


def test_metrics_stand_with_their_intervals(page, monkeypatch, tmp_path, bundle_contents):
    estimate = {"estimate": 0.5, "ci95": [0.4, 0.6]}
    metrics = {"internal_validation": {"dl_signature": {"n": 131, "auc": estimate}}}
    manifest = replace(bundle_contents.manifest, metrics=metrics)
    write_bundle(tmp_path / "measured", replace(bundle_contents, manifest=manifest))
    monkeypatch.setenv("DLCS_BUNDLE", str(tmp_path / "measured"))
    app = page("model_card")
    assert not app.exception
    (table,) = [t.value for t in app.table if "AUC" in t.value.columns]
    row = table.iloc[0]
    assert row["Cohort"] == "Internal validation"
    assert (row["AUC"], row["Patients"]) == ("0.50 (0.40 to 0.60)", "131")


def test_text_from_the_bundle_is_shown_as_text(page):
    app = page("model_card")
    assert any("# Untrained" in block.value for block in app.code)
    assert not any("# Untrained" in element.value for element in app.markdown)


def test_a_broken_bundle_is_one_sentence(page, monkeypatch, tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setenv("DLCS_BUNDLE", str(tmp_path))
    app = page("model_card")
    assert not app.exception
    assert len(app.error) == 1
