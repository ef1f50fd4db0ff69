"""What one warehouse proxy is told: where it listens, which PostgreSQL is behind it, which S3 it loads from."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr


class WarehouseConfiguration(BaseModel):
    """The settings of one proxy, read from a file that only its owner can read.

    Args:
        listen_host: Address to listen on.
        listen_port: Port to listen on; 0 takes a free one.
        backend_host: Where PostgreSQL listens.
        backend_port: Where PostgreSQL listens.
        backend_user: A PostgreSQL superuser: the views of Redshift's catalog are made in `pg_catalog`.
        backend_password: That user's password.
        backend_database: The PostgreSQL database that holds the warehouse.
        user: The user name that clients give.
        password: The password that clients give.
        database: The database name that clients give.
        iam_role: The only role that COPY and UNLOAD are allowed to take.
        s3_endpoint: URL of the S3 server.
        s3_access_key: Credentials for it.
        s3_secret_key: Credentials for it.
        s3_region: Its region.
        concurrent_transfers: How many COPY and UNLOAD may move data at once; the others wait. Bounds memory.
        tls_certificate: What clients that ask for TLS are shown; where the file is missing, TLS is declined.
        tls_key: Its private key.
        fault_folder: Where tests arm faults (`spark_dao.local.faults`); None for none.

    Example:
        >>> configuration = WarehouseConfiguration(
        ...     listen_host="127.0.0.1", listen_port=0, backend_host="127.0.0.1", backend_port=5432,
        ...     backend_user="postgres", backend_password="b", backend_database="warehouse", user="dao",
        ...     password="p", database="dev", iam_role="arn:aws:iam::000000000000:role/x",
        ...     s3_endpoint="http://127.0.0.1:8333", s3_access_key="a", s3_secret_key="s", s3_region="us-east-1")
        >>> configuration.password
        SecretStr('**********')
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    listen_host: str
    listen_port: int
    backend_host: str
    backend_port: int
    backend_user: str
    backend_password: SecretStr
    backend_database: str
    user: str
    password: SecretStr
    database: str
    iam_role: str
    s3_endpoint: str
    s3_access_key: SecretStr
    s3_secret_key: SecretStr
    s3_region: str
    concurrent_transfers: int = 4
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    fault_folder: Path | None = None

    @classmethod
    def from_file(cls, path: Path) -> WarehouseConfiguration:
        """Read the settings from a JSON file.

        Args:
            path: The file.
        """
        return cls.model_validate_json(path.read_text(encoding="utf-8"))
