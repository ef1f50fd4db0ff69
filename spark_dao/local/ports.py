"""Finding TCP ports on the loopback interface that nobody listens on."""

from __future__ import annotations

import random
import socket
from collections.abc import Container

LOOPBACK = "127.0.0.1"

# Below the range from which Linux takes the ports of outgoing connections (32768 to 60999): such a connection could
# otherwise take a port between the look and the server's start.
_LOWEST, _HIGHEST = 20000, 32767


def is_free(port: int) -> bool:
    """Whether a server could listen on a port of the loopback interface now.

    Args:
        port: TCP port number.

    Example:
        >>> with socket.create_server((LOOPBACK, 0)) as server:
        ...     is_free(server.getsockname()[1])
        False
    """
    with socket.socket() as attempt:
        # As servers do: the leftovers of closed connections (TIME_WAIT) do not count.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def accepts_connections(port: int) -> bool:
    """Whether a server listens on a port of the loopback interface and accepts a connection.

    Args:
        port: TCP port number.

    Example:
        >>> with socket.create_server((LOOPBACK, 0)) as server:
        ...     accepts_connections(server.getsockname()[1])
        True
    """
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2):
            return True
    except OSError:
        return False


def find_free(count: int, *, besides: Container[int] = ()) -> list[int]:
    """Choose ports that nobody listens on.

    Args:
        count: How many.
        besides: Ports not to choose, because they are promised to somebody.

    Returns:
        That many different ports.

    Example:
        >>> len(set(find_free(3)))
        3
    """
    chosen: list[int] = []
    candidates = random.sample(range(_LOWEST, _HIGHEST + 1), _HIGHEST - _LOWEST + 1)
    for port in candidates:
        if len(chosen) == count:
            break
        if port not in besides and is_free(port):
            chosen.append(port)
    return chosen
