"""``python -m dlcs_core VERB ...``."""

import sys

from dlcs_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
