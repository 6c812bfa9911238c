"""The child process that reads an untrusted image ends with its parent, whoever ends that."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PASSED_ON = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def started(case, untrained_bundle):
    """A running ``predict`` in a session of its own, with its work under way."""
    given = {
        "image": case.dicom,
        "mask": case.mask,
        "clinical": case.clinical,
        "bundle": untrained_bundle,
    }
    listed = [text for name, value in given.items() for text in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "dlcs_core", "predict", "--json", *listed]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        wait_until(lambda: set(PASSED_ON) <= caught_signals(process.pid))
        yield process


def caught_signals(pid):
    """Signals that a process has handlers for."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.split("SigCgt:")[1].split()[0], 16)
    return {number for number in PASSED_ON if caught >> (number - 1) & 1}


def children_of(process):
    return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()


def wait_until(is_true):
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("number", PASSED_ON)
def test_a_signal_to_the_command_ends_its_work_with_one_line(started, number):
    [child] = children_of(started)
    started.send_signal(number)
    out, err = started.communicate(timeout=30)
    assert started.returncode == 130
    assert (out, err.count("\n")) == ("", 1)
    assert not Path(f"/proc/{child}").exists()


def test_the_work_ends_with_a_command_that_was_killed(started):
    [child] = children_of(started)
    started.kill()
    assert started.communicate(timeout=10) == ("", "")
    wait_until(lambda: not is_running(child))


def is_running(pid):
    """Whether a process exists and is more than an entry nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except OSError:
        return False


def test_an_early_interrupt_is_no_traceback(run_python):
    program = (
        "import runpy, signal, sys, types\n"
        "class Interrupted(types.ModuleType):\n"
        "    def __getattr__(self, name): signal.raise_signal(signal.SIGINT)\n"
        "sys.modules['dlcs_core.cli.main'] = Interrupted('main')\n"
        "runpy.run_module('dlcs_core', run_name='__main__')\n"
    )
    run = run_python(program)
    assert (run.code, run.err) == (-signal.SIGINT, "")
