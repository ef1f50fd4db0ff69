"""What becomes of connections that fail."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from spark_dao.errors import InterfaceError
from spark_dao.interface_classes.redshift.connection import ServerRefusal, _refusal, connect
from spark_dao.interface_classes.redshift.settings import RedshiftSettings


def settings_for(port: int, host: str = "127.0.0.1") -> RedshiftSettings:
    return RedshiftSettings(
        host=host,
        port=port,
        user="loader",
        password="hunter2",
        database="analytics",
        s3_temp_dir="s3://temp/",
        iam_role_arn="default",
        ssl=False,
        connect_timeout=1,
    )


@contextmanager
def server_that_answers(answer: bytes | None) -> Iterator[int]:
    """Listen once; None leaves the client waiting."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                if answer is None:
                    done.wait(30)
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        done.set()
        thread.join(30)


def error_response(**fields: str) -> bytes:
    body = b"".join(name.encode() + text.encode() + b"\0" for name, text in fields.items()) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


def failure_of(settings: RedshiftSettings) -> InterfaceError:
    with pytest.raises(InterfaceError) as caught:
        connect(settings)
    shown = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in shown
    assert "redshift_connector" not in shown
    assert settings.where in str(caught.value) or "redshift-connector" in str(caught.value)
    return caught.value


def test_a_port_where_nothing_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "nothing listens" in str(failure_of(settings_for(port)))


def test_an_unknown_host_is_named() -> None:
    assert "`host`" in str(failure_of(settings_for(5439, host="no-such-host.invalid")))


def test_a_server_that_stays_silent_is_given_up() -> None:
    with server_that_answers(None) as port:
        assert "no answer in 1 s" in str(failure_of(settings_for(port)))


def test_a_server_that_hangs_up_is_named() -> None:
    with server_that_answers(b"") as port:
        failure_of(settings_for(port))


def test_a_wrong_password_names_the_user() -> None:
    with server_that_answers(error_response(S="FATAL", C="28P01", M="password authentication failed")) as port:
        assert "user `loader`" in str(failure_of(settings_for(port)))


def test_a_server_that_repeats_the_password_is_not_quoted() -> None:
    with server_that_answers(error_response(S="FATAL", C="28P01", M="hunter2 is wrong")) as port:
        failure_of(settings_for(port))


def test_an_unknown_database_is_named() -> None:
    with server_that_answers(error_response(S="FATAL", C="3D000", M='database "analytics" does not exist')) as port:
        assert "no database `analytics`" in str(failure_of(settings_for(port)))


def test_a_missing_driver_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['redshift_connector'] = None\n"
        "from spark_dao.interface_classes.redshift.connection import connect\n"
        "from spark_dao.interface_classes.redshift.settings import RedshiftSettings\n"
        "connect(RedshiftSettings(host='h', user='u', password='hunter2', database='d', s3_temp_dir='s3://temp/',"
        " iam_role_arn='default'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'spark_dao[redshift]'" in done.stderr
    assert "hunter2" not in done.stderr.splitlines()[-1]


def test_only_serialization_failures_may_run_again() -> None:
    def refusal(code: str, reason: str) -> ServerRefusal:
        made = ServerRefusal("refused")
        made.code, made.reason = code, reason
        return made

    assert refusal("40001", "could not serialize access").is_serialization_failure
    assert refusal("XX000", "1023: Serializable isolation violation on table - 1").is_serialization_failure
    assert not refusal("XX000", "Spectrum Scan Error: code 15007").is_serialization_failure
    assert not refusal("40P01", "deadlock detected").is_serialization_failure


def test_a_refusal_keeps_its_code_between_processes() -> None:
    refusal = ServerRefusal("refused", store="gold")
    refusal.code, refusal.reason = "42P01", "no such table"
    copied = pickle.loads(pickle.dumps(refusal))
    assert (copied.code, copied.reason, str(copied)) == ("42P01", "no such table", str(refusal))


def test_a_framed_detail_is_shown_without_its_frame() -> None:
    detail = (
        "\n  -----------------------------------------------\n  error:  Spectrum Scan Error\n  code:      15007\n"
        "  context:   Unmatched number of columns\n             between table and file.\n  query:     12\n"
        "  location:  dory_util.cpp:1250\n  process:   worker\n  -----------------------------------------------"
    )
    refusal = _refusal("wh", {"C": "XX000", "M": "Spectrum Scan Error", "D": detail})
    assert refusal.reason == "Spectrum Scan Error: Unmatched number of columns between table and file. (code 15007)"
    assert _refusal("wh", {"C": "22012", "M": "division by zero", "D": "plain"}).reason == "division by zero: plain"
