"""How the warehouse says no: errors with SQLSTATE, message and detail, in Redshift's words where they are known."""

from __future__ import annotations

import re

from spark_dao.local.warehouse import wire

_PERMISSION_DENIED = re.compile(r"^(permission denied for )(?:table|view)\b")
_RULE = "-" * 47


class WarehouseError(Exception):
    """A statement fails with this error, as Redshift would report it.

    Args:
        code: SQLSTATE.
        message: Primary message.
        detail: Redshift's detail block or one sentence.
        hint: What to do.

    Example:
        >>> WarehouseError("42601", "no").fields()
        {'S': 'ERROR', 'C': '42601', 'M': 'no', 'D': '', 'H': ''}
    """

    def __init__(self, code: str, message: str, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint

    def fields(self, severity: str = "ERROR") -> dict[str, str]:
        """Return the fields of the ErrorResponse."""
        return {"S": severity, "C": self.code, "M": self.message, "D": self.detail, "H": self.hint}


class ScanError(WarehouseError):
    """A Parquet file does not fit its target table.

    The client sees XX000 `Spectrum Scan Error` with the reason in the detail block (source: issue
    aws/amazon-redshift-python-driver#107 and the measured reports in awswrangler#529).

    Args:
        reason: What is wrong.
        number: Redshift's error number: 15007 for a mismatch, 15001 for broken data, 15003 for the manifest.
        file_name: The file concerned.
        column_name: The column concerned.
        column_type: The target column's type.
    """

    def __init__(
        self, reason: str, number: int = 15007, *, file_name: str = "", column_name: str = "", column_type: str = ""
    ) -> None:
        super().__init__("XX000", "Spectrum Scan Error", detail_block("Spectrum Scan Error", number, reason, file_name))
        self.reason = reason
        self.number = number
        self.file_name = file_name
        self.column_name = column_name
        self.column_type = column_type


class BackendFailure(Exception):
    """PostgreSQL refused a statement; it now skips everything until the next Sync.

    Args:
        fields: The fields of its ErrorResponse.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get("M", ""))
        self.fields = fields


class ClientGone(Exception):
    """The client closed its connection."""


class BackendGone(Exception):
    """PostgreSQL closed its connection."""


def detail_block(error: str, number: int, context: str, location: str = "") -> str:
    """Lay a detail out as Redshift's compute nodes do.

    Args:
        error: The error's name.
        number: Redshift's error number.
        context: What is wrong.
        location: File concerned.
    """
    lines = [
        "",
        _RULE,
        f"error:  {error}",
        f"code:      {number}",
        f"context:   {context}",
        *([f"location:  {location}"] if location else []),
        _RULE,
        "",
    ]
    return "\n  ".join(lines)


def not_supported(message: str, hint: str = "") -> WarehouseError:
    """Return the error for what Redshift does not have (SQLSTATE 0A000)."""
    return WarehouseError("0A000", message, hint=hint)


def syntax_error(near: str) -> WarehouseError:
    """Return the error for what Redshift's grammar does not know (SQLSTATE 42601).

    Example:
        >>> str(syntax_error("RETURNING"))
        'syntax error at or near "RETURNING"'
    """
    return WarehouseError("42601", f'syntax error at or near "{near}"')


def translated(fields: dict[str, str]) -> dict[str, str]:
    """Put a PostgreSQL error into Redshift's words where they differ.

    A serialization failure (40001) is XX000 with the message 1023 on Redshift (source: dbt-core#12596 and the
    guide's "Serializable isolation"); duplicate source rows of a MERGE have a text of their own (source: MERGE page);
    Redshift calls tables and views relations, as PostgreSQL 8 did.

    Args:
        fields: The fields of PostgreSQL's ErrorResponse.

    Example:
        >>> translated({"S": "ERROR", "C": "40001", "M": "could not serialize access"})["M"]
        '1023'
    """
    if fields.get("C") == "40001":
        reason = f"Serializable isolation violation on table - {fields.get('M', '')}"
        return {"S": "ERROR", "C": "XX000", "M": "1023", "D": reason}
    if fields.get("C") == "21000" and fields.get("M", "").startswith("MERGE command cannot affect row a second time"):
        return {**fields, "M": "Found multiple matches to update the same tuple."}
    if fields.get("C") == "42501":
        fields = {**fields, "M": _PERMISSION_DENIED.sub(r"\1relation", fields.get("M", ""))}
    # Where in which helper function an error arose says nothing to a client.
    return {name: value for name, value in fields.items() if name != "W"}


def notice_message(text: str) -> bytes:
    """Build an INFO notice, as Redshift sends one after COPY and UNLOAD."""
    return wire.fields_message(b"N", {"S": "INFO", "C": "00000", "M": text})
