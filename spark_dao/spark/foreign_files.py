"""Refusing a folder with files of another format among those that are asked for, by their names.

Spark reads what it can: a Parquet file as csv is a few rows of rubbish, and a csv file as Parquet an error in the midst
of a job. The bridge has the same check, with the same words, in `ForeignFiles`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spark_dao.errors import PlanError

_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "parquet": ("parquet",),
    "orc": ("orc",),
    "avro": ("avro",),
    "csv": ("csv", "tsv"),
    "json": ("json", "jsonl", "ndjson"),
}
_ALL_ENDINGS = frozenset(ending for endings in _ENDINGS.values() for ending in endings)
_COMPRESSIONS = frozenset({"gz", "bz2", "zst", "zstd", "snappy", "lz4", "deflate", "xz"})


def refuse_foreign_files(format_name: str, paths: Iterable[str]) -> None:
    """Refuse files whose names say that they are of another format.

    Args:
        format_name: The format that is asked for; one whose files have no ending of their own is not looked at.
        paths: URIs of the files that Spark would read.

    Raises:
        PlanError: There is such a file; the first of them by name is named.

    Example:
        >>> refuse_foreign_files("csv", ["file:///data/users/part-0.csv.gz", "file:///data/users/notes"])
        >>> refuse_foreign_files("csv", ["file:///data/part-0.parquet"])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        spark_dao.errors.PlanError: expected csv files only, found `part-0.parquet` among them in `file:///data`; ...
    """
    own = _ENDINGS.get(format_name)
    if own is None:
        return
    others = _ALL_ENDINGS.difference(own)
    foreign = min((path for path in paths if _ending(path.rpartition("/")[2]) in others), default=None)
    if foreign is not None:
        folder, _, name = foreign.rpartition("/")
        raise PlanError(
            f"expected {format_name} files only, found `{name}` among them in `{folder}`; move it away, correct the "
            f'object\'s `format`, or say `pathGlobFilter: "*.{own[0]}"` in its `spark_options`'
        )


def _ending(file: str) -> str:
    parts = file.lower().split(".")
    if len(parts) > 2 and parts[-1] in _COMPRESSIONS:
        parts.pop()
    return parts[-1] if len(parts) > 1 else ""
