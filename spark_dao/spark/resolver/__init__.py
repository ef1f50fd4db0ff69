"""The resolver: the process that answers the JVM's questions about a catalog.

One process per driver, `python -m spark_dao.spark.resolver`, which does not import pyspark. It reads requests from its
stdin and writes answers to its stdout, one JSON object a line:

    {"id": 7, "op": "plan_read", "catalog": "dao", "conf_id": "1", "conf": {…}, "name": "silver.users", "options": {}}
    {"id": 7, "ok": {"plan": {…}, "hadoop": {…}, …}}
    {"id": 8, "error": {"kind": "CatalogError", "message": "no store `silvr` in the catalog; did you mean `silver`?"}}

Answers come in the order in which they are ready. `conf` holds the session's entries of that catalog
(`spark.sql.catalog.dao.…`); once it was sent under a `conf_id`, that alone is enough. `operations` says what there is
to ask, `long_work` what runs in child processes, so that planning never waits for it.
"""
