"""`python -m spark_dao.cli`: the command `spark-dao` where no scripts are installed."""

from __future__ import annotations

from spark_dao.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
