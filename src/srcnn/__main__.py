"""`python -m srcnn` is `srcnn`."""

import sys

from srcnn.cli import main

sys.exit(main())
