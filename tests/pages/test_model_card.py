"""Model card: everything on it comes from the bundle's manifest."""


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


def test_metrics_stand_with_their_intervals(page):
    app = page("model_card")
    metrics = app.dataframe[0].value
    row = metrics[metrics["Measure"] == "auc"].iloc[0]
    assert row["Value"] == "0.500"
    assert row["95% interval"] == "0.400 – 0.600"


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
