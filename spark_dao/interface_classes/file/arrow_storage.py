"""Files of a cluster or cloud that pyarrow reaches: `hdfs:`, `gs:`, `abfss:`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes._keys import is_hidden, literal_key
from spark_dao.plans import StagedFile

_REMEDY = "check the store's `root`, that the service runs, and this machine's credentials for it"


class ArrowStorage:
    """The files below a root that `pyarrow.fs` reaches (`plans.FileStorage`).

    Credentials are those that pyarrow finds itself (Hadoop's configuration, Google's and Azure's default chains).

    Args:
        root: URI of the folder that the storage is confined to.

    Example:
        >>> ArrowStorage("file:///data").arrow_path("file:///data/users/50% off.csv")
        '/data/users/50% off.csv'
    """

    questions_at_once: ClassVar[int] = 16

    def __init__(self, root: str) -> None:
        self.root = root
        self._scheme, _, rest = root.partition("://")
        self._authority = rest.partition("/")[0]
        self._connection: tuple[Any, str] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.root,)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    def list_files(self, folder: str) -> list[StagedFile]:
        """List every file below a folder, hidden ones included, sorted by path."""
        base = self.arrow_path(folder).rstrip("/")
        prefix = folder.rstrip("/")
        with self._translated(f"list `{folder}`"):
            return sorted(
                StagedFile(f"{prefix}{found.path[len(base) :]}", found.size)
                for found in self._entries(folder, recursive=True)
                if found.is_file
            )

    def holds_files(self, path: str, *, hidden: bool = False) -> bool:
        """Tell whether a path is a file, or a folder with files in it; hidden ones count where that is said."""
        with self._translated(f"list `{path}`"):
            if self.arrow_filesystem().get_file_info(self.arrow_path(path)).is_file:
                return True
        prefix = f"{path.rstrip('/')}/"
        return any(hidden or not is_hidden(file.path.removeprefix(prefix)) for file in self.list_files(path))

    def names_in(self, folder: str) -> list[str]:
        """List the names of the files and folders directly in a folder."""
        with self._translated(f"list `{folder}`"):
            return sorted(found.base_name for found in self._entries(folder, recursive=False))

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's content, None where it does not exist."""
        with self._translated(f"read `{path}`"):
            try:
                with self.arrow_filesystem().open_input_stream(self.arrow_path(path)) as stream:
                    content: bytes = stream.read()
                    return content
            except FileNotFoundError:
                return None

    def write_bytes(self, path: str, data: bytes) -> None:
        """Create or replace a file; it gets its name only when it is complete."""
        filesystem, target = self.arrow_filesystem(), self.arrow_path(path)
        folder, _, name = target.rpartition("/")
        part = f"{folder}/.{name}.part"
        with self._translated(f"write `{path}`"):
            filesystem.create_dir(folder, recursive=True)
            with filesystem.open_output_stream(part) as stream:
                stream.write(data)
            filesystem.move(part, target)

    def move_file(self, source: str, target: str) -> None:
        """Move one file; done already (source gone, target there) is success.

        Raises:
            InterfaceError: Neither is there, or both are the same.
        """
        filesystem, origin, goal = self.arrow_filesystem(), self.arrow_path(source), self.arrow_path(target)
        if origin == goal:
            raise InterfaceError(f"cannot move `{source}` onto itself; give another target")
        with self._translated(f"move `{source}` to `{target}`"):
            there, already = filesystem.get_file_info([origin, goal])
            if not there.is_file:
                if already.is_file:
                    return
                raise InterfaceError(f"cannot move `{source}` to `{target}`: neither exists")
            filesystem.create_dir(goal.rpartition("/")[0], recursive=True)
            filesystem.move(origin, goal)

    def delete_files(self, paths: Sequence[str]) -> None:
        """Delete files; those that do not exist are passed over.

        Raises:
            InterfaceError: Some could not be deleted; each is named with its reason.
        """
        filesystem = self.arrow_filesystem()
        kept: list[str] = []
        for path in paths:
            try:
                filesystem.delete_file(self.arrow_path(path))
            except FileNotFoundError:
                continue
            except OSError as error:
                kept.append(f"{path} ({error})")
        if kept:
            raise InterfaceError(f"{len(kept)} of {len(paths)} files could not be deleted: {'; '.join(kept)}")

    def arrow_filesystem(self) -> Any:
        """Return the `pyarrow.fs.FileSystem` that reaches the same files.

        Raises:
            InterfaceError: pyarrow is not installed, does not know the scheme, or cannot connect.
        """
        return self._connected()[0]

    def arrow_path(self, path: str) -> str:
        """Return a URI in the form that `arrow_filesystem` takes."""
        start = f"{self._scheme}://{self._authority}/"
        if not f"{path.rstrip('/')}/".startswith(start):
            raise InterfaceError(f"expected a URI below `{start}`, found `{path}`")
        key = path[len(start) :].rstrip("/")
        base = self._connected()[1].rstrip("/")
        return f"{base}/{literal_key(key)}" if key else base or "/"

    def _entries(self, folder: str, *, recursive: bool) -> list[Any]:
        from pyarrow import fs

        selector = fs.FileSelector(self.arrow_path(folder), allow_not_found=True, recursive=recursive)
        entries: list[Any] = self.arrow_filesystem().get_file_info(selector)
        return entries

    def _connected(self) -> tuple[Any, str]:
        if self._connection is None:
            try:
                from pyarrow import fs
            except ImportError:
                raise InterfaceError(
                    f"`{self._scheme}:` needs pyarrow; run `pip install 'spark_dao[spark]'`", key="root"
                ) from None
            try:
                # Without the path, since pyarrow decodes what stands there and Hadoop does not.
                self._connection = fs.FileSystem.from_uri(f"{self._scheme}://{self._authority}/")
            except Exception as error:
                raise InterfaceError(f"pyarrow cannot open `{self.root}`: {error}; {_REMEDY}", key="root") from error
        return self._connection

    @contextmanager
    def _translated(self, action: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InterfaceError(f"could not {action}: {error}; {_REMEDY}") from error
