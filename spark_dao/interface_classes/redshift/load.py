"""What one write is to do in the warehouse: a write plan's token in typed form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from spark_dao.interface_classes.redshift.names import TableName
from spark_dao.interface_classes.redshift.types import Column
from spark_dao.plans import Token

#: Modes in which the staged rows are compared with the table's by their keys.
KEYED_MODES = ("upsert", "delete")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is to be loaded where.

    Args:
        batch_id: Identifies the batch across processes and attempts.
        mode: `append`, `overwrite`, `ignore`, `errorifexists`, `upsert` or `delete`.
        target: The table.
        columns: The staged columns in the order of the files, with the types they get in a new table.
        staging: Folder of the staged files, as Hadoop spells it.
        table_clauses: Distribution and sort clauses for a new table, as SQL.
        encodings: Names of columns and their compression in a new table.
        description: The comment of a new table.
        comments: Names of columns and their comments in a new table.
        measured: Names of text columns whose length in a new table follows from the data.
        new_columns: Columns that an existing table gains before the load.
        keys: For `upsert` and `delete`: the columns by which rows are the same.
        pre_statements: SQL to run in the transaction before the rows.
        post_statements: SQL to run in the transaction after the rows.
    """

    batch_id: str
    mode: str
    target: TableName
    columns: tuple[Column, ...]
    staging: str
    table_clauses: str = ""
    encodings: tuple[tuple[str, str], ...] = ()
    description: str | None = None
    comments: tuple[tuple[str, str], ...] = ()
    measured: tuple[str, ...] = ()
    new_columns: tuple[Column, ...] = ()
    keys: tuple[str, ...] = ()
    pre_statements: tuple[str, ...] = ()
    post_statements: tuple[str, ...] = ()

    @property
    def is_keyed(self) -> bool:
        """Whether the rows go through a temporary table, where their keys are checked first."""
        return self.mode in KEYED_MODES

    def to_token(self) -> dict[str, Any]:
        """Write the load as a token: JSON without secrets."""
        return asdict(self)

    @classmethod
    def from_token(cls, token: Token) -> Load:
        """Read the load that `to_token` wrote, also after a trip through JSON.

        Example:
            >>> load = Load(batch_id="1", mode="upsert", target=TableName("public", "t"), keys=("id",),
            ...             columns=(Column("id", "bigint"),), staging="s3a://temp/write-1")
            >>> Load.from_token(load.to_token()) == load
            True
        """
        typed: dict[str, Any] = {
            name: tuple(value) if isinstance(value, (list, tuple)) else value for name, value in token.items()
        }
        typed |= {name: tuple(Column(*column) for column in token[name]) for name in ("columns", "new_columns")}
        typed |= {name: tuple((column, said) for column, said in token[name]) for name in ("encodings", "comments")}
        return cls(**{**typed, "target": TableName(*token["target"])})
