"""A certificate of the local warehouse's own, so that clients can connect as they do to Redshift: by TLS."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from spark_dao.errors import InterfaceError

_REQUEST = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650")
_SUBJECT = ("-subj", "/CN=spark-dao local warehouse", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")


class Certificate(NamedTuple):
    """A self-signed certificate for 127.0.0.1 and localhost.

    Attributes:
        path: The certificate; clients trust it through the variable SSL_CERT_FILE.
        key: Its private key.
    """

    path: Path
    key: Path

    @classmethod
    def inside(cls, folder: Path) -> Certificate:
        """The certificate that is, or will be, in a folder."""
        return cls(folder / "certificate.pem", folder / "certificate.key")

    def make(self) -> bool:
        """Make it where it is missing.

        Returns:
            False where the program `openssl` is not installed; the warehouse then declines TLS.

        Raises:
            InterfaceError: `openssl` failed.
        """
        if self.path.exists():
            return True
        program = shutil.which("openssl")
        if program is None:
            return False
        unfinished = self.path.with_suffix(".new")
        os.close(os.open(self.key, os.O_WRONLY | os.O_CREAT, 0o600))
        done = subprocess.run(
            [program, *_REQUEST, *_SUBJECT, "-keyout", str(self.key), "-out", str(unfinished)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise InterfaceError(f"openssl could not make the local warehouse's certificate: {done.stderr.strip()}")
        unfinished.rename(self.path)
        return True
