"""What an UNLOAD statement asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spark_dao.local.warehouse.copy_statement import read_authorization
from spark_dao.local.warehouse.failures import WarehouseError, not_supported
from spark_dao.local.warehouse.token_reader import TokenReader
from spark_dao.local.warehouse.tokens import outermost, tokenize, word_set

_MEGABYTE = 1 << 20
_UNITS = {"MB": _MEGABYTE, "GB": 1 << 30}
_FILE_MEGABYTES = (5, 6.2 * 1024)
_ROW_GROUP_MEGABYTES = (32, 128)
_DEFAULT_FILE_BYTES = int(6.2 * (1 << 30))
_OPTIONS_WITHOUT_PARQUET = word_set(
    "HEADER DELIMITER FIXEDWIDTH ESCAPE ADDQUOTES NULL GZIP BZIP2 ZSTD KMS_KEY_ID MASTER_SYMMETRIC_KEY "
    "PARTITION EXTENSION CSV JSON"
)


@dataclass(frozen=True)
class UnloadStatement:
    """An UNLOAD into Parquet files.

    Args:
        query: The query, its quotes and backslashes resolved.
        target: `s3://` URI that every file's name starts with.
        iam_role: The role that the statement gives.
        allow_overwrite: Files that are there may be replaced.
        clean_path: Files that are there are removed first.
        manifest: Write `<target>manifest`.
        verbose: With schema, counts and author.
        parallel: Several files at once.
        max_file_bytes: A file ends when it is about this large.
    """

    query: str
    target: str
    iam_role: str
    allow_overwrite: bool = False
    clean_path: bool = False
    manifest: bool = False
    verbose: bool = False
    parallel: bool = True
    max_file_bytes: int = _DEFAULT_FILE_BYTES

    def with_query(self, query: str) -> UnloadStatement:
        """Return the same statement for another query."""
        return replace(self, query=query)


def parse_unload(sql: str) -> UnloadStatement:
    """Read an UNLOAD statement (source: the guide's UNLOAD page).

    Args:
        sql: The statement.

    Raises:
        WarehouseError: 42601 or 0A000; a LIMIT of the outer SELECT is refused as the guide says.

    Example:
        >>> parse_unload("UNLOAD ('select ''a''') TO 's3://b/p/' IAM_ROLE 'arn:x' FORMAT PARQUET").query
        "select 'a'"
    """
    reader = TokenReader(sql)
    reader.expect("UNLOAD")
    content = reader.parenthesised()
    if len(content) != 1 or content[0].kind not in ("string", "dollar"):
        raise WarehouseError("42601", "UNLOAD needs its query as one string literal in parentheses")
    query = content[0].value.strip().rstrip(";")
    reader.expect("TO")
    target = reader.string()
    if not target.startswith("s3://"):
        raise not_supported("UNLOAD destination is not supported. (Hint: only S3 based unload is allowed)")
    _refuse_outer_limit(query)
    options = _Options()
    while not reader.at_end:
        options.read(reader)
    return options.statement(query, target)


class _Options:
    def __init__(self) -> None:
        self.format = ""
        self.iam_role = ""
        self.flags: set[str] = set()
        self.unsupported = ""
        self.max_file_bytes = _DEFAULT_FILE_BYTES

    def read(self, reader: TokenReader) -> None:
        if role := read_authorization(reader):
            self.iam_role = role
        elif reader.take("FORMAT") or reader.next.keyword == "PARQUET":
            reader.take("AS")
            self.format = reader.next.keyword
            reader.position += 1
        elif flag := reader.take_one_of("ALLOWOVERWRITE", "CLEANPATH"):
            self.flags.add(flag)
        elif reader.take("MANIFEST"):
            self.flags |= {"MANIFEST", "VERBOSE"} if reader.take("VERBOSE") else {"MANIFEST"}
        elif reader.take("PARALLEL"):
            serial = reader.take_one_of("ON", "TRUE", "OFF", "FALSE") in ("OFF", "FALSE")
            self.flags.add("SERIAL" if serial else "PARALLEL")
        elif reader.take("MAXFILESIZE"):
            self.max_file_bytes = _size(reader, "MAXFILESIZE", _FILE_MEGABYTES)
        elif reader.take("ROWGROUPSIZE"):
            _size(reader, "ROWGROUPSIZE", _ROW_GROUP_MEGABYTES)
        elif reader.take("REGION"):
            # Where the bucket is; there is one S3 server here.
            reader.take("AS")
            reader.string()
        elif reader.take("ENCRYPTED"):
            # Taken with Parquet: awswrangler's `unload` always says it (awswrangler/redshift/_read.py at cfe0ca8, line
            # 377). The S3 server here encrypts nothing.
            reader.take("AUTO")
        else:
            self._read_unsupported(reader)

    def _read_unsupported(self, reader: TokenReader) -> None:
        if reader.next.keyword in _OPTIONS_WITHOUT_PARQUET:
            self.unsupported = self.unsupported or reader.next.keyword
        elif not self.unsupported:
            raise reader.unexpected()
        # What belongs to the option is passed over; the statement is refused in any case.
        reader.position += 1

    def statement(self, query: str, target: str) -> UnloadStatement:
        if self.format != "PARQUET":
            raise not_supported(
                f"UNLOAD FORMAT {self.format or 'TEXT'} is not carried out by the local warehouse",
                hint="It unloads FORMAT AS PARQUET.",
            )
        if self.unsupported:
            raise not_supported(f"{self.unsupported} option is not supported for UNLOAD to PARQUET")
        if {"ALLOWOVERWRITE", "CLEANPATH"} <= self.flags:
            raise WarehouseError("42601", "ALLOWOVERWRITE and CLEANPATH cannot be specified together")
        if not self.iam_role:
            raise WarehouseError("42601", "UNLOAD needs an authorization: IAM_ROLE 'arn:…'")
        return UnloadStatement(
            query=query,
            target=target,
            iam_role=self.iam_role,
            allow_overwrite="ALLOWOVERWRITE" in self.flags,
            clean_path="CLEANPATH" in self.flags,
            manifest="MANIFEST" in self.flags,
            verbose="VERBOSE" in self.flags,
            parallel="SERIAL" not in self.flags,
            max_file_bytes=self.max_file_bytes,
        )


def _size(reader: TokenReader, option: str, megabytes: tuple[float, float]) -> int:
    # Guide, UNLOAD: the bounds of both options; the error's code is a guess.
    reader.take("AS")
    number = reader.number()
    unit = reader.take_one_of(*_UNITS) or "MB"
    size = int(number * _UNITS[unit])
    least, most = megabytes
    if not least * _MEGABYTE <= size <= most * _MEGABYTE:
        raise WarehouseError("22023", f"{option} must be between {least:g} MB and {most:g} MB")
    return size


def _refuse_outer_limit(query: str) -> None:
    if any(token.keyword == "LIMIT" for _, token in outermost(tokenize(query))):
        raise WarehouseError(
            "42601", "Limit clause is not supported", hint="Put the LIMIT into a subquery of the outer SELECT."
        )
