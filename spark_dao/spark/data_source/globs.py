"""Paths with Hadoop's patterns, expanded over a storage (Hadoop's `Globber` and `GlobPattern`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spark_dao.errors import PlanError
from spark_dao.plans import FileStorage, StagedFile
from spark_dao.spark.publish_paths import is_visible

_PATTERN = re.compile(r"[{}\[\]*?\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")


def expand(storage: FileStorage, path: str) -> list[tuple[str, Sequence[StagedFile]]]:
    """Find the files and folders that a path means, with the files in each.

    Args:
        storage: The storage that holds them.
        path: A URI, perhaps with a pattern.

    Raises:
        PlanError: Nothing is there.
    """
    path = path.rstrip("/")
    if _PATTERN.search(path) is None:
        listed = storage.list_files(path)
        if not listed:
            size = _file_size(storage, path)
            if size is None:
                raise PlanError(f"expected data at {path}, found nothing there", key="path")
            listed = [StagedFile(path, size)]
        return [(path, listed)]
    start = _SCHEME.match(path)
    prefix = start.group() if start else ""
    segments = path[len(prefix) :].lstrip("/").split("/")
    fixed = next(number for number, segment in enumerate(segments) if _PATTERN.search(segment))
    folder = "/".join([prefix, *segments[:fixed]])
    wanted = re.compile("/".join(segment_pattern(segment) for segment in segments[fixed:]))
    depth = len(segments) - fixed
    roots: dict[str, list[StagedFile]] = {}
    for file in storage.list_files(folder):
        head = file.path[len(folder) + 1 :].split("/")[:depth]
        if len(head) == depth and wanted.fullmatch("/".join(head)) and is_visible("/".join(head)):
            roots.setdefault("/".join([folder, *head]), []).append(file)
    if not roots:
        raise no_match(path)
    return list(roots.items())


def no_match(path: str) -> PlanError:
    """Make the error for a pattern that nothing fits; the bridge has the same words in `FailedReads`."""
    return PlanError(f"no files match `{path}`; write them first, or correct the pattern", key="path")


def segment_pattern(segment: str) -> str:
    r"""Translate one segment of a Hadoop pattern into a regular expression.

    Example:
        >>> segment_pattern("2025-*"), segment_pattern("users.{csv,txt}"), segment_pattern(r"a\[1\]")
        ('2025\\-[^/]*', 'users\\.(?:csv|txt)', 'a\\[1\\]')
    """
    translated: list[str] = []
    braces, position = 0, 0
    while position < len(segment):
        character = segment[position]
        closing = segment.find("]", position + 2) if character == "[" else -1
        if character == "\\" and position + 1 < len(segment):
            position += 1
            translated.append(re.escape(segment[position]))
        elif character == "*":
            translated.append("[^/]*")
        elif character == "?":
            translated.append("[^/]")
        elif character == "{":
            braces += 1
            translated.append("(?:")
        elif character == "}" and braces:
            braces -= 1
            translated.append(")")
        elif character == "," and braces:
            translated.append("|")
        elif closing > 0:
            body = segment[position + 1 : closing]
            negated = body[0] in "^!"
            translated.append(f"[{'^' if negated else ''}{body[negated:].replace('[', chr(92) + '[')}]")
            position = closing
        else:
            translated.append(re.escape(character))
        position += 1
    return "".join(translated)


def _file_size(storage: FileStorage, path: str) -> int | None:
    import pyarrow.fs

    info = storage.arrow_filesystem().get_file_info(storage.arrow_path(path))
    return info.size if info.type == pyarrow.fs.FileType.File else None
