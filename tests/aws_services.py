"""A small endpoint that speaks the protocols of Secrets Manager, Redshift and Redshift Serverless to a real boto3.

Requests are JSON (`X-Amz-Target`) or form-encoded with an answer in XML, as the service models of botocore say, and
their SigV4 signatures are checked with botocore's own signer.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY, SECRET_KEY, REGION = "AKIDTESTS", "signing-key-of-the-tests", "eu-west-1"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, "
    r"SignedHeaders=(?P<headers>[^,]+), Signature=(?P<signature>\w+)"
)


class Refused(Exception):
    """What the service answers instead: its code and its message."""


@dataclass
class AwsServices:
    """What the endpoint answers, and what it was asked.

    Args:
        url: Where it listens.
        operations: What to answer to each operation, from its parameters; `Refused` is answered as an error.
        asked: Operation, region and parameters of each request that was signed correctly.
    """

    url: str
    operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """Return the variables that lead boto3 here."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.url,
            "AWS_ENDPOINT_URL_REDSHIFT": self.url,
            "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": self.url,
        }

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        target = request.headers.get("X-Amz-Target")
        if target:
            operation, parameters = target.rpartition(".")[2], json.loads(body)
        else:
            parameters = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            operation = parameters["Action"]
        try:
            region = _checked_signature(request, body)
            self.asked.append((operation, region, parameters))
            answer = self.operations[operation](parameters)
        except Refused as refused:
            return _refusal(*refused.args, as_json=bool(target))
        if target:
            return 200, json.dumps(answer).encode()
        members = "".join(f"<{name}>{value}</{name}>" for name, value in answer.items())
        return 200, f"<R><{operation}Result>{members}</{operation}Result></R>".encode()


def _checked_signature(request: BaseHTTPRequestHandler, body: bytes) -> str:
    found = _AUTHORIZATION.fullmatch(request.headers["Authorization"])
    assert found is not None
    headers = {name: request.headers[name] for name in found["headers"].split(";")}
    again = AWSRequest("POST", f"http://{request.headers['Host']}{request.path}", headers=headers, data=body)
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), found["service"], found["region"])
    expected = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    if found["key"] != ACCESS_KEY or found["signature"] != expected:
        raise Refused("InvalidSignatureException", "The request signature we calculated does not match yours.")
    return found["region"]


def _refusal(code: str, message: str, *, as_json: bool) -> tuple[int, bytes]:
    if as_json:
        return 400, json.dumps({"__type": code, "message": message}).encode()
    return 400, f"<R><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></R>".encode()


@contextlib.contextmanager
def aws_services() -> Iterator[AwsServices]:
    """Listen on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = services.answer(self, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        services = AwsServices(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield services
        finally:
            server.shutdown()
