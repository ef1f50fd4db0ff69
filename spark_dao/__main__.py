"""`python -m spark_dao`: the command line where the script `spark-dao` is not on the path."""

from __future__ import annotations

import sys

from spark_dao.cli import main

if __name__ == "__main__":
    sys.exit(main())
