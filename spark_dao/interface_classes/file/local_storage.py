"""Files of this machine, as publishing staged output needs them."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from spark_dao.errors import InterfaceError, PlanError
from spark_dao.interface_classes._arrow import arrow_filesystems
from spark_dao.interface_classes._keys import is_hidden, literal_key
from spark_dao.plans import StagedFile

_SCHEME = "file:"


def local_path(uri: str) -> Path:
    """Return the path that a `file:` URI means; nothing is decoded, as in Hadoop's `Path`.

    Raises:
        PlanError: It is no absolute `file:` URI of this machine.

    Example:
        >>> local_path("file:///data/50% off.csv").as_posix(), local_path("file:/data/users/").as_posix()
        ('/data/50% off.csv', '/data/users')
    """
    path = uri.removeprefix(_SCHEME)
    if path.startswith("//"):
        path = path[2:]
    if not uri.startswith(_SCHEME) or not path.startswith("/"):
        raise PlanError(f"expected a URI such as `file:///data/silver`, found `{uri}`")
    key = path[1:].removesuffix("/")
    return Path("/", literal_key(key)) if key else Path("/")


class LocalStorage:
    """The files of this machine (`plans.FileStorage`), by `file:` URIs.

    Folders that become empty are removed up to the root, so that an object without files is not there, as in S3.

    Args:
        root: URI of the folder that the storage is confined to; it is never removed.

    Example:
        >>> LocalStorage("file:///data/silver").read_bytes("file:///data/silver/nothing/here") is None
        True
    """

    questions_at_once: ClassVar[int] = 1

    def __init__(self, root: str) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r})"

    def list_files(self, folder: str) -> list[StagedFile]:
        """List every file below a folder, hidden ones included, sorted by path."""
        with _translated(f"list `{folder}`"):
            return sorted(_walk(folder))

    def holds_files(self, path: str, *, hidden: bool = False) -> bool:
        """Tell whether a path is a file, or a folder with files in it; hidden ones count where that is said."""
        with _translated(f"list `{path}`"):
            place = local_path(path)
            return place.is_file() or _holds_file(os.fspath(place), hidden=hidden)

    def names_in(self, folder: str) -> list[str]:
        """List the names of the files and folders directly in a folder."""
        place = local_path(folder)
        with _translated(f"list `{folder}`"):
            return sorted(entry.name for entry in place.iterdir()) if place.is_dir() else []

    def read_bytes(self, path: str) -> bytes | None:
        """Return a file's content, None where it does not exist."""
        with _translated(f"read `{path}`"):
            try:
                return local_path(path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write_bytes(self, path: str, data: bytes) -> None:
        """Create or replace a file atomically and durably."""
        target = local_path(path)
        with _translated(f"write `{path}`"):
            part = _part_beside(target)
            try:
                with part.open("xb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
                _put_in_place(part, target)
            finally:
                part.unlink(missing_ok=True)
            _sync_folder(target.parent)

    def move_file(self, source: str, target: str) -> None:
        """Move one file; done already (source gone, target there) is success.

        Raises:
            InterfaceError: Neither is there, or both are the same.
        """
        origin, goal = local_path(source), local_path(target)
        if origin == goal:
            raise InterfaceError(f"cannot move `{source}` onto itself; give another target")
        with _translated(f"move `{source}` to `{target}`"):
            if not origin.is_file():
                if goal.is_file():
                    return
                raise InterfaceError(f"cannot move `{source}` to `{target}`: neither exists")
            goal.parent.mkdir(parents=True, exist_ok=True)
            try:
                _put_in_place(origin, goal)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _copy_over(origin, goal)
            self._remove_empty_folders(origin.parent)

    def delete_files(self, paths: Sequence[str]) -> None:
        """Delete files; those that do not exist are passed over.

        Raises:
            InterfaceError: Some could not be deleted; each is named with its reason.
        """
        kept: list[str] = []
        folders: set[Path] = set()
        for path in paths:
            place = local_path(path)
            try:
                place.unlink(missing_ok=True)
            except NotADirectoryError:
                continue
            except OSError as error:
                kept.append(f"{path} ({error.strerror})")
            folders.add(place.parent)
        for folder in sorted(folders, reverse=True):
            self._remove_empty_folders(folder)
        if kept:
            raise InterfaceError(f"{len(kept)} of {len(paths)} files could not be deleted: {'; '.join(kept)}")

    def arrow_filesystem(self) -> Any:
        """Return the `pyarrow.fs.LocalFileSystem`.

        Raises:
            InterfaceError: pyarrow is not installed.
        """
        return arrow_filesystems().LocalFileSystem()

    def arrow_path(self, path: str) -> str:
        """Return a URI in the form that `arrow_filesystem` takes."""
        return local_path(path).as_posix()

    def _remove_empty_folders(self, folder: Path) -> None:
        root = local_path(self.root)
        while root in folder.parents:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                # Not empty: somebody else's files are in it.
                return
            folder = folder.parent


def _walk(folder: str) -> Iterator[StagedFile]:
    root = local_path(folder)
    for parent, _, names in os.walk(root):
        below = Path(parent).relative_to(root).as_posix()
        prefix = folder.rstrip("/") + ("" if below == "." else f"/{below}")
        for name in names:
            try:
                yield StagedFile(f"{prefix}/{name}", Path(parent, name).stat().st_size)
            except FileNotFoundError:
                # Deleted since the folder was listed.
                continue


def _holds_file(folder: str, *, hidden: bool) -> bool:
    # Stops at the first file; a table may have a hundred thousand.
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if hidden or not is_hidden(entry.name):
                    if not entry.is_dir():
                        return True
                    if not entry.is_symlink():
                        folders.append(entry.path)
    except (FileNotFoundError, NotADirectoryError):
        # Deleted since its parent was listed, or never there.
        return False
    return any(_holds_file(below, hidden=hidden) for below in folders)


def _put_in_place(source: Path, target: Path) -> None:
    # Hadoop keeps a checksum beside each file, which would condemn the new content.
    target.with_name(f".{target.name}.crc").unlink(missing_ok=True)
    source.replace(target)


def _copy_over(source: Path, target: Path) -> None:
    part = _part_beside(target)
    try:
        shutil.copyfile(source, part)
        _put_in_place(part, target)
    finally:
        part.unlink(missing_ok=True)
    source.unlink()


def _part_beside(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".{uuid.uuid4().hex}.part")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InterfaceError(f"could not {action}: {error.strerror or error}; check the path and its rights") from error
