"""``python -m stattools``: demo, compare, versions, warmup."""

import sys

from stattools.cli import main

if __name__ == "__main__":
    sys.exit(main())
