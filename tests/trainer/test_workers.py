from functools import partial
from pathlib import Path

import pytest

from dlcs_core.errors import TrainingError
from trainer.workers import Report, run_in_processes


def leave_a_mark(folder: Path, number: int, report: Report) -> None:
    (folder / str(number)).touch()
    report(number)


def refuse_the_second(folder: Path, number: int, report: Report) -> None:
    if number == 2:
        raise TrainingError("loss_not_finite", fold=2, epoch=5)
    leave_a_mark(folder, number, report)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_number_is_run_and_reported(tmp_path: Path, jobs: int) -> None:
    reported: list[int] = []
    run_in_processes(partial(leave_a_mark, tmp_path), [1, 2, 3], jobs, reported.append)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2", "3"]
    assert sum(reported) <= 6


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_refusal_crosses_the_processes_with_its_values(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(TrainingError) as refusal:
        run_in_processes(partial(refuse_the_second, tmp_path), [1, 2], jobs, lambda _: None)
    assert refusal.value.code == "loss_not_finite"
    assert dict(refusal.value.values) == {"fold": 2, "epoch": 5}
