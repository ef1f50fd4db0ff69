"""Running a program that refuses to run as root, when we are root."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

from spark_dao.errors import InterfaceError


class UnprivilegedUser(NamedTuple):
    """The system's user without rights, which exists everywhere, so that none has to be created.

    Attributes:
        name: The user's name.
        user_id: The user's number.
        group_id: The number of the user's group.
    """

    name: str
    user_id: int
    group_id: int

    @classmethod
    def when_root(cls) -> UnprivilegedUser | None:
        """The user to switch to, None when we are an ordinary user ourselves.

        Raises:
            InterfaceError: When we are root and the system has no such user.
        """
        if os.name == "nt" or os.geteuid() != 0:
            return None
        import pwd

        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise InterfaceError(
                "PostgreSQL refuses to run as root, and this system has no user `nobody` to run it as. "
                "Run this command as an ordinary user, or add the user `nobody`."
            ) from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def process_arguments(self) -> dict[str, Any]:
        """The arguments of `subprocess.Popen` that make the child this user's."""
        return {"user": self.user_id, "group": self.group_id, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or folder to this user.

        Args:
            path: What to give.
        """
        os.chown(path, self.user_id, self.group_id)

    def open_way_to(self, path: Path) -> None:
        """Let other users pass through the folders above a path, where they cannot; never list or read them.

        Args:
            path: What this user must be able to reach; need not exist.
        """
        for folder in path.absolute().parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
