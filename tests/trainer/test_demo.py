from pathlib import Path

import pytest

from trainer.demo import replace_directory


@pytest.mark.parametrize("before", [False, True])
def test_a_directory_is_replaced_as_a_whole(tmp_path: Path, before: bool) -> None:
    source, target = tmp_path / "source", tmp_path / "assets" / "target"
    target.parent.mkdir()
    if before:
        target.mkdir()
        (target / "old").touch()
    source.mkdir()
    (source / "new").write_text("content")
    replace_directory(source, target)
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in target.parent.iterdir()] == ["target"]
