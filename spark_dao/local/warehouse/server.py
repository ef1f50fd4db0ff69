"""The listening side: start-up of sessions, one thread each."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import struct
import threading

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.authentication import PasswordRequest
from spark_dao.local.warehouse.backend import Backend, send_cancel_request
from spark_dao.local.warehouse.catalog import install
from spark_dao.local.warehouse.configuration import WarehouseConfiguration
from spark_dao.local.warehouse.exchange import Exchange
from spark_dao.local.warehouse.failures import BackendFailure, BackendGone, ClientGone, WarehouseError
from spark_dao.local.warehouse.services import Services
from spark_dao.local.warehouse.session import Session, authentication_ok

logger = logging.getLogger(__name__)

_SSL_REQUEST = struct.pack("!II", 8, wire.SSL_REQUEST)
SERVER_VERSION = "8.0.2"
_LONGEST_STARTUP_PACKET = 10_000
_STARTUP_SECONDS = 60


class WarehouseServer:
    """The proxy.

    Clients connect with TLS, if they trust its certificate (redshift-connector does when the variable SSL_CERT_FILE
    names it), or without (`ssl=False`): it serves loopback connections of one machine.

    Args:
        configuration: Its settings.

    Attributes:
        address: Host and port that it listens on, once `start` has returned.
    """

    def __init__(self, configuration: WarehouseConfiguration) -> None:
        self._configuration = configuration
        self._services = Services(configuration)
        self._tls = _tls_context(configuration)
        self._listener: socket.socket | None = None
        self.address = (configuration.listen_host, configuration.listen_port)

    def start(self) -> None:
        """Prepare the backend's catalog and listen.

        Raises:
            BackendFailure: PostgreSQL refused.
            BackendGone: PostgreSQL cannot be reached.
            OSError: The port is taken.
        """
        install(self._configuration)
        self._listener = socket.create_server(self.address, backlog=64)
        self.address = self._listener.getsockname()[:2]

    def serve(self) -> None:
        """Accept clients until `stop` is called."""
        if self._listener is None:
            self.start()
        while self._listener is not None:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_client, args=(client,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening; open sessions end with the process."""
        listener, self._listener = self._listener, None
        if listener:
            # Closing alone would leave a thread in accept() waiting.
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _serve_client(self, accepted: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(accepted)
            try:
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                accepted.settimeout(_STARTUP_SECONDS)
                client = stack.enter_context(self._secured(accepted))
                exchange, user = self._start_session(client)
                if exchange:
                    client.settimeout(None)
                    Session(exchange, self._services, user).run()
            except (ClientGone, OSError):
                logger.info("a client left")
            except Exception:
                logger.exception("a session ended for no foreseen reason")

    def _secured(self, client: socket.socket) -> socket.socket:
        """Do the TLS handshake, if the client asks for one."""
        request = client.recv(8, socket.MSG_PEEK | socket.MSG_WAITALL)
        if self._tls is None or request != _SSL_REQUEST:
            return client
        client.recv(8, socket.MSG_WAITALL)
        client.sendall(b"S")
        return self._tls.wrap_socket(client, server_side=True)

    def _start_session(self, client: socket.socket) -> tuple[Exchange | None, str]:
        try:
            parameters = self._read_startup(client)
            if parameters is None:
                return None, ""
            self._authenticate(client, parameters)
            backend = self._connect_backend(parameters)
        except WarehouseError as error:
            client.sendall(wire.fields_message(b"E", error.fields("FATAL")))
            return None, ""
        try:
            answers = [_as_redshift(message) for message in backend.startup_messages]
            client.sendall(b"".join([authentication_ok(), *answers]))
        except BaseException:
            backend.close()
            raise
        return Exchange(client, backend), parameters.get("user", "")

    def _read_startup(self, client: socket.socket) -> dict[str, str] | None:
        while True:
            (length,) = struct.unpack("!I", _receive_exactly(client, 4))
            if not 8 <= length <= _LONGEST_STARTUP_PACKET:
                raise ClientGone("no start-up packet")
            body = _receive_exactly(client, length - 4)
            (code,) = struct.unpack_from("!I", body)
            if code in (wire.SSL_REQUEST, wire.GSS_ENCRYPTION_REQUEST):
                client.sendall(b"N")
            elif code == wire.CANCEL_REQUEST:
                backend = (self._configuration.backend_host, self._configuration.backend_port)
                send_cancel_request(backend, body[4:])
                return None
            elif code >> 16 == wire.PROTOCOL_3_0 >> 16:
                return wire.read_startup_parameters(body[4:])
            else:
                raise WarehouseError("0A000", f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}")

    def _authenticate(self, client: socket.socket, parameters: dict[str, str]) -> None:
        user = parameters.get("user", "")
        request = PasswordRequest()
        client.sendall(request.message())
        (kind, length) = struct.unpack("!cI", _receive_exactly(client, 5))
        if kind != b"p" or not 4 <= length <= _LONGEST_STARTUP_PACKET:
            raise ClientGone("no password")
        request.check(
            _receive_exactly(client, length - 4),
            user=user,
            secret=self._services.user_secret(user),
        )
        database = parameters.get("database") or user
        if database != self._configuration.database:
            raise WarehouseError("3D000", f'database "{database}" does not exist')

    def _connect_backend(self, parameters: dict[str, str]) -> Backend:
        try:
            return self._services.connect_as(parameters.get("user", ""), parameters)
        except BackendFailure as failure:
            logger.warning("the backend refused a session: %s", failure)
            raise WarehouseError(failure.fields.get("C", "XX000"), failure.fields.get("M", "")) from None
        except BackendGone as error:
            logger.warning("no session: %s", error)
            raise WarehouseError("08006", "the PostgreSQL behind the local warehouse does not answer") from None


def _tls_context(configuration: WarehouseConfiguration) -> ssl.SSLContext | None:
    certificate, key = configuration.tls_certificate, configuration.tls_key
    if certificate is None or key is None or not certificate.exists():
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _as_redshift(message: wire.Message) -> bytes:
    """Report Redshift's version in place of PostgreSQL's."""
    if message.kind == b"S" and message.payload.startswith(b"server_version\0"):
        return wire.message(b"S", wire.cstring("server_version") + wire.cstring(SERVER_VERSION))
    return message.raw


def _receive_exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        received = connection.recv(count - len(data))
        if not received:
            raise ClientGone("the client left during start-up")
        data += received
    return data
