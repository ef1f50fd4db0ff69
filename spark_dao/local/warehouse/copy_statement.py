"""What a COPY statement asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spark_dao.local.warehouse.failures import WarehouseError, not_supported, syntax_error
from spark_dao.local.warehouse.token_reader import TokenReader
from spark_dao.local.warehouse.tokens import split_at_commas, word_set

_FORMATS = ("CSV", "JSON", "AVRO", "ORC", "DELIMITER", "FIXEDWIDTH", "SHAPEFILE", "TEXT")
_OPTIONS_WITHOUT_PARQUET = word_set(
    """ACCEPTANYDATE BLANKSASNULL BZIP2 COMPROWS COMPUPDATE DATEFORMAT DELIMITER EMPTYASNULL ENCODING ENCRYPTED ESCAPE
    FIXEDWIDTH GZIP IGNOREALLERRORS IGNOREBLANKLINES IGNOREHEADER LZOP MAXERROR NOLOAD NULL QUOTE READRATIO REGION
    REMOVEQUOTES ROUNDEC SSH TIMEFORMAT TRIMBLANKS TRUNCATECOLUMNS ZSTD"""
)


@dataclass(frozen=True)
class CopyStatement:
    """A COPY from Parquet files.

    Args:
        table: The target, as the statement spells it.
        columns: The column list, as the statement spells it; empty where there is none.
        source: `s3://` URI of a manifest, a file or a key prefix.
        iam_role: The role that the statement gives.
        manifest: Whether `source` is a manifest.
        fill_record: Missing columns at the end are NULL.
        serialize_to_json: Nested columns go into SUPER columns.
        replacement: What stands for a character that is not valid UTF-8 (`ACCEPTINVCHARS`), None to refuse it.
        explicit_ids: Values for IDENTITY columns are taken from the files.
    """

    table: str
    columns: tuple[str, ...]
    source: str
    iam_role: str
    manifest: bool = False
    fill_record: bool = False
    serialize_to_json: bool = False
    replacement: str | None = None
    explicit_ids: bool = False


def parse_copy(sql: str) -> CopyStatement:
    """Read a COPY statement.

    Parquet allows few options; the others are refused in the words that were measured for TRUNCATECOLUMNS
    (sources: the guide's "COPY from columnar data formats"; measured report; REGION by a newer page of the guide).

    Args:
        sql: The statement.

    Raises:
        WarehouseError: 42601 or 0A000.

    Example:
        >>> statement = parse_copy("COPY t (a, b) FROM 's3://b/m' IAM_ROLE 'arn:x' FORMAT AS PARQUET MANIFEST")
        >>> statement.columns, statement.source, statement.manifest
        (('a', 'b'), 's3://b/m', True)
    """
    reader = TokenReader(sql)
    reader.expect("COPY")
    table = reader.name()
    columns: tuple[str, ...] = ()
    if reader.next.text == "(":
        columns = tuple(_only_name([token.text for token in part]) for part in split_at_commas(reader.parenthesised()))
    reader.expect("FROM")
    if reader.next.keyword in ("STDIN", "STDOUT", "PROGRAM"):
        raise not_supported(
            "LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)",
        )
    source = reader.string()
    if not source.startswith("s3://"):
        raise not_supported("LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)")
    options = _Options()
    while not reader.at_end:
        options.read(reader)
    return options.statement(table, columns, source)


class _Options:
    def __init__(self) -> None:
        self.format = ""
        self.iam_role = ""
        self.flags: set[str] = set()
        self.unsupported: list[str] = []
        self.replacement: str | None = None

    def read(self, reader: TokenReader) -> None:
        if role := read_authorization(reader):
            self.iam_role = role
        elif reader.take("FORMAT") or reader.next.keyword in ("PARQUET", *_FORMATS):
            reader.take("AS")
            self.format = reader.next.keyword
            reader.position += 1
        elif flag := reader.take_one_of("MANIFEST", "FILLRECORD", "SERIALIZETOJSON", "EXPLICIT_IDS"):
            self.flags.add(flag)
        elif reader.take("ACCEPTINVCHARS"):
            reader.take("AS")
            self.replacement = reader.string() if reader.next.kind == "string" else "?"
        elif reader.take("STATUPDATE"):
            reader.take_one_of("ON", "OFF", "TRUE", "FALSE")
        elif reader.next.keyword in _OPTIONS_WITHOUT_PARQUET:
            self.unsupported.append(reader.next.keyword)
            reader.position += 1
            reader.take("AS")
            if reader.next.kind in ("string", "number") or reader.next.keyword in ("ON", "OFF", "TRUE", "FALSE"):
                reader.position += 1
        else:
            raise reader.unexpected()

    def statement(self, table: str, columns: tuple[str, ...], source: str) -> CopyStatement:
        if self.format != "PARQUET":
            raise not_supported(
                f"COPY FORMAT {self.format or 'TEXT'} is not carried out by the local warehouse",
                hint="It loads FORMAT AS PARQUET.",
            )
        if self.unsupported:
            raise not_supported(f"{self.unsupported[0]} argument is not supported for PARQUET based COPY")
        if not self.iam_role:
            raise WarehouseError("42601", "COPY needs an authorization: IAM_ROLE 'arn:…'")
        return CopyStatement(
            table=table,
            columns=columns,
            source=source,
            iam_role=self.iam_role,
            manifest="MANIFEST" in self.flags,
            fill_record="FILLRECORD" in self.flags,
            serialize_to_json="SERIALIZETOJSON" in self.flags,
            replacement=self.replacement,
            explicit_ids="EXPLICIT_IDS" in self.flags,
        )


def read_authorization(reader: TokenReader) -> str:
    """Read the clause that says which role S3 is reached with; empty where none comes next.

    Args:
        reader: At an option of COPY or UNLOAD.

    Raises:
        WarehouseError: 0A000 for access keys, which do not belong into SQL and are not carried out locally.
    """
    if reader.take("IAM_ROLE"):
        return "default" if reader.take("DEFAULT") else reader.string()
    reader.take("WITH")
    if reader.take("CREDENTIALS"):
        reader.take("AS")
        name, _, role = reader.string().partition("=")
        if name.strip().lower() == "aws_iam_role":
            return role.strip()
    elif reader.next.keyword not in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
        return ""
    raise not_supported("the local warehouse takes no access keys in SQL", hint="Use IAM_ROLE.")


def _only_name(texts: Sequence[str]) -> str:
    if len(texts) != 1:
        raise syntax_error(texts[1] if texts else ")")
    return texts[0]
