"""Runs in awswrangler's virtual environment: reads tasks, one JSON object a line, and answers each when it is done."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Any


def main() -> None:
    """Serve until the input ends."""
    import awswrangler
    import boto3
    import pandas
    import redshift_connector

    said = json.loads(sys.stdin.readline())
    login = said["warehouse"]
    connection = redshift_connector.connect(**{**login, "port": int(login["port"])}, ssl=False)
    awswrangler.config.s3_endpoint_url = said["s3"].pop("endpoint_url")
    session = boto3.Session(region_name="us-east-1", **said["s3"])
    rows = pandas.read_parquet(said["parquet"])
    shared: dict[str, Any] = {"con": connection, "iam_role": said["role"], "boto3_session": session}
    _answer(len(rows))
    for line in sys.stdin:
        task = json.loads(line)
        path = f"{said['folder']}{uuid.uuid4().hex}/"
        if task["do"] == "copy":
            chosen = rows if task["share"] == 1 else rows.head(int(len(rows) * task["share"]))
            keys = {"primary_keys": task["keys"]} if task["keys"] else {}
            awswrangler.redshift.copy(
                df=chosen, path=path, table=task["table"], schema="public", mode=task["mode"], **keys, **shared
            )
            _answer(len(chosen))
        else:
            read = awswrangler.redshift.unload(sql=f"SELECT * FROM public.{task['table']}", path=path, **shared)
            _answer(len(read))


def _answer(value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
