"""pyarrow, which only reading files needs, imported when it is needed."""

from __future__ import annotations

from typing import Any

from spark_dao.errors import InterfaceError


def arrow_filesystems() -> Any:
    """Return the module `pyarrow.fs`.

    Raises:
        InterfaceError: pyarrow is not installed.

    Example:
        >>> arrow_filesystems().LocalFileSystem().type_name
        'local'
    """
    try:
        from pyarrow import fs
    except ImportError:
        raise InterfaceError("reading files needs pyarrow; run `pip install 'spark_dao[spark]'`") from None
    return fs
