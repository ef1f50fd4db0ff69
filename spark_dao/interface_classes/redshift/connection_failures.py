"""Why the warehouse could not be reached, or would not have the user, in one sentence."""

from __future__ import annotations

import socket

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.redshift.login import Login
from spark_dao.interface_classes.redshift.settings import RedshiftSettings


def connection_failure(settings: RedshiftSettings, given: Login, error: Exception) -> InterfaceError:
    """Say why a connection could not be made.

    Args:
        settings: The warehouse.
        given: What was logged in with; its password is left out.
        error: What the driver raised.
    """
    where, answer = settings.where, server_answer(error)
    if answer is None:
        return InterfaceError(f"cannot reach the warehouse {where}: {_network_reason(settings, given, error)}")
    code, message = answer.get("C", ""), given.hidden(answer.get("M", ""))
    if code == "3D000":
        return InterfaceError(f"{where}: the warehouse has no database `{settings.database}`", key="database")
    if code.startswith("28"):
        key = "iam" if settings.iam else "password"
        remedy = "the database user of this AWS identity must exist" if settings.iam else "check `user` and `password`"
        return InterfaceError(f"{where} refuses user `{given.user}`: {message}; {remedy}", key=key)
    return InterfaceError(f"{where} refuses the connection of user `{given.user}`: {message} ({code})")


def _network_reason(settings: RedshiftSettings, given: Login, error: Exception) -> str:
    cause = next((part for part in error.args[1:] if isinstance(part, Exception)), error)
    if "refuses SSL" in str(error):
        return "it does not offer TLS; set `ssl` to false if this is a local stack"
    if isinstance(cause, socket.gaierror):
        return f"the host name `{settings.host}` is unknown; check `host`"
    if isinstance(cause, TimeoutError):
        return f"no answer in {settings.connect_timeout} s; check `host`, `port` and the security group"
    if isinstance(cause, ConnectionRefusedError):
        return "nothing listens there; check `host` and `port`, and whether it is running"
    return f"{given.hidden(str(cause))} ({type(cause).__name__}); check `host`, `port` and `ssl`"


def server_answer(error: Exception) -> dict[str, str] | None:
    """Return the fields of the server's answer, None where the error is the driver's own."""
    answer = error.args[0] if error.args else None
    return answer if isinstance(answer, dict) and "C" in answer else None
