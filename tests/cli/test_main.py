import os
import shlex
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

from dlcs_core.cli import main as command_line
from dlcs_core.cli.isolation import STATUS_UNKNOWN, run_isolated
from dlcs_core.errors import UsageError


@pytest.fixture
def run_verb(monkeypatch, capfd):
    """Run a made-up verb inside this process."""

    def run(work):
        verb = types.ModuleType("dlcs_core.cli.probe")
        verb.add_arguments = lambda parser: None
        verb.run = lambda arguments: work()
        monkeypatch.setitem(sys.modules, "dlcs_core.cli.probe", verb)
        monkeypatch.setattr(command_line, "VERBS", {"probe": "a probe"})
        monkeypatch.delenv("DLCS_DEBUG", raising=False)
        monkeypatch.setenv("DLCS_LANGUAGE", "en")
        code = command_line.main(["probe"])
        return code, *capfd.readouterr()

    return run


def test_an_unexpected_exception_is_one_line_without_its_text(run_verb):
    def work():
        raise RuntimeError("Secret^Name at /home/secret")

    code, out, err = run_verb(work)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "Secret" not in err
    assert "secret" not in err


@pytest.mark.parametrize(
    ("error", "word"),
    [(MemoryError(), "memory"), (OSError(28, "No space left on device"), "No space left")],
)
def test_what_the_system_refuses_is_worded(run_verb, error, word):
    def work():
        raise error

    code, _, err = run_verb(work)
    assert code == 2
    assert word in err


def test_an_interrupt_is_130_and_one_line(run_verb):
    def work():
        raise KeyboardInterrupt

    code, out, err = run_verb(work)
    assert (code, out, err.count("\n")) == (130, "", 1)


def test_native_and_child_chatter_reaches_nobody(run_verb):
    def work():
        os.write(1, b"chatter\n")
        os.write(2, b"chatter\n")
        subprocess.run(["/bin/sh", "-c", "echo chatter; echo chatter >&2"], check=True)
        print("result")
        return 0

    assert run_verb(work) == (0, "result\n", "")


def test_python_warnings_and_logs_are_silent(run_verb):
    def work():
        import logging
        import warnings

        warnings.warn("Secret^Name", stacklevel=1)
        logging.getLogger("pydicom").warning("Secret^Name")
        return 0

    assert run_verb(work) == (0, "", "")


def test_a_crashing_decoder_is_a_refusal():
    with pytest.raises(UsageError, match="case_ended_by_system"):
        run_isolated(lambda: os.kill(os.getpid(), signal.SIGKILL))


def test_work_that_never_ends_is_given_up():
    with pytest.raises(UsageError, match="case_took_too_long"):
        run_isolated(lambda: os.kill(os.getpid(), signal.SIGALRM))


def test_an_exception_does_not_let_two_processes_go_on():
    def work():
        raise AssertionError

    assert run_isolated(work) == STATUS_UNKNOWN


def test_memory_of_one_case_is_bounded():
    def hoard():
        try:
            bytearray(8 << 30)
        except MemoryError:
            return 7
        return 0

    assert run_isolated(hoard) == 7


def test_a_reader_that_goes_away_is_no_traceback(case, untrained_bundle):
    command = [sys.executable, "-m", "dlcs_core", "bundle", "show", str(untrained_bundle)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


def test_help_lists_every_verb_and_imports_nothing_heavy(run_python):
    code = (
        "import sys\nfrom dlcs_core.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'numpy', 'pydicom', 'onnxruntime', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = run_python(code)
    assert (done.code, done.err) == (0, "")
    for verb in command_line.VERBS:
        assert verb in done.out


@pytest.mark.parametrize("verb", command_line.VERBS)
def test_every_verb_explains_itself(run_cli, verb):
    result = run_cli(verb, "--help")
    assert (result.code, result.err) == (0, "")
    assert "usage:" in result.out


def test_a_result_that_cannot_be_written_out_is_a_refusal(untrained_bundle):
    command = [sys.executable, "-m", "dlcs_core", "bundle", "show", str(untrained_bundle)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_refusal_leaves_nothing_on_stdout(run_verb):
    def work():
        print("half a result")
        raise UsageError("out_of_memory")

    code, out, err = run_verb(work)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_refusal_with_stderr_closed_leaves_stdout_empty():
    command = f"{shlex.quote(sys.executable)} -m dlcs_core predict 2>&-"
    done = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
