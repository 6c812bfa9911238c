"""``python -m dlcs_core VERB ...``."""

import signal
import sys


def _main() -> int:
    """Run the command line; before a verb is at work, an interrupt simply ends the process."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from dlcs_core.cli.main import main

    return main()


if __name__ == "__main__":
    sys.exit(_main())
