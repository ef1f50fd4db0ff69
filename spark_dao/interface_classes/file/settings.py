"""Settings of a store of files: the folder that it is confined to."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator

from spark_dao.errors import PlanError
from spark_dao.interface_classes._file_root import FileRoot
from spark_dao.interface_classes._keys import literal_key

_ROOT = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?://(?P<authority>[^/]*))?(?P<path>/.*)?", re.DOTALL)
_S3_SCHEMES = ("s3", "s3a", "s3n")


class FileSettings(BaseModel):
    """Where a store of files lies.

    Args:
        root: A Hadoop URI (`file:///data/silver`, `hdfs://namenode/silver`, `gs://bucket/silver`), or a path of this
            machine; a relative one is taken from where the process runs.

    Example:
        >>> FileSettings(root="/data/silver/").root
        'file:///data/silver'
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    root: str

    @field_validator("root", mode="before")
    @classmethod
    def _spell(cls, value: object) -> object:
        if isinstance(value, Path):
            value = str(value)
        if not isinstance(value, str):
            return value
        if not value.strip():
            raise ValueError("expected a folder, found an empty text")
        return _parse(value).uri()

    @property
    def file_root(self) -> FileRoot:
        """The root in its parts."""
        return _parse(self.root)


def _parse(root: str) -> FileRoot:
    found = _ROOT.fullmatch(root) or _ROOT.fullmatch(f"file://{root if root.startswith('/') else Path(root).resolve()}")
    if found is None:
        raise ValueError("expected a URI such as `file:///data/silver`, or a path of this machine")
    scheme, authority = found["scheme"].lower(), found["authority"] or ""
    folder = (found["path"] or "").strip("/")
    if scheme in _S3_SCHEMES:
        raise ValueError(
            "expected another scheme than S3's; use S3SparkInterface, which knows credentials and endpoint"
        )
    if scheme == "file" and (authority or not folder):
        raise ValueError("expected an absolute folder of this machine, such as `file:///data/silver`")
    if "@" in authority and ":" in authority.partition("@")[0]:
        raise ValueError("expected a URI without a password")
    try:
        return FileRoot(scheme, authority, literal_key(folder) if folder else "")
    except PlanError as error:
        raise ValueError(error.message) from None
