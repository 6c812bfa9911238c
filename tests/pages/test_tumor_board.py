"""Tumour board: one case after another; the result only once it is asked for."""


def test_the_first_case_is_shown_without_its_result(page, shown):
    app = page("tumor_board")
    assert not app.exception
    assert "Case 1 of 2" in shown(app)
    assert "of 100 patients" not in shown(app).lower()
    assert "Heat map" not in [slider.label for slider in app.slider]
    assert "clinical decision is documented elsewhere" in shown(app)


def test_the_result_is_revealed_and_hidden_again_on_the_next_case(page, shown):
    app = page("tumor_board")
    app.button(key="board_reveal").click().run()
    assert "Of 100 patients like this" in shown(app)
    app.button(key="board_next").click().run()
    assert not app.exception
    assert "Case 2 of 2" in shown(app)
    assert "Of 100 patients like this" not in shown(app)


def test_a_case_that_cannot_be_read_is_one_sentence_and_the_board_goes_on(page, shown):
    app = page("tumor_board")
    app.button(key="board_next").click().run()
    assert not app.exception
    assert len(app.error) == 1
    app.button(key="board_next").click().run()
    assert "Case 1 of 2" in shown(app)
    assert not app.error


def test_without_cases_the_board_says_what_to_do(page, shown, monkeypatch, tmp_path):
    monkeypatch.setenv("DLCS_DATA_DIR", str(tmp_path))
    app = page("tumor_board")
    assert not app.exception
    assert "No demo cases" in shown(app)
