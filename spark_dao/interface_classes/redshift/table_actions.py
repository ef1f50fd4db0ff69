"""What a warehouse does by itself: counting, listing, deleting, running SQL; no row passes through Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from spark_dao.errors import InterfaceError, PlanError
from spark_dao.interface_classes.redshift import metadata
from spark_dao.interface_classes.redshift.batches import commit_batch, committed_rows
from spark_dao.interface_classes.redshift.connection import ConnectionLost, Session, connected
from spark_dao.interface_classes.redshift.deletion import Condition, delete_where, key_predicates, predicate
from spark_dao.interface_classes.redshift.names import TableName, checked_table_name, joined, parse_table_name
from spark_dao.interface_classes.redshift.settings import RedshiftSettings
from spark_dao.interface_classes.redshift.write_checks import check_is_table, checked_batch_id


class Named(Protocol):
    """What these actions need to know of a data object."""

    @property
    def name(self) -> str:
        """Name of the object inside its store."""


class TableActions:
    """The actions of `RedshiftSparkInterface` that need no Spark.

    Args:
        settings: The warehouse.
    """

    def __init__(self, settings: RedshiftSettings) -> None:
        self.settings = settings

    def count(self, data_object: Named, *, table: str | None = None, query: str | None = None) -> int:
        """Count the rows of a table or of a declared query, in the warehouse.

        Args:
            data_object: The object.
            table: `table` or `schema.table`.
            query: A SELECT to count instead of a table.
        """
        with connected(self.settings) as session:
            return int(session.execute(self._count_statement(session, data_object, table, query))[0][0])

    def list_tables(self, data_object: Named | None = None, *, database_schema: str | None = None) -> list[str]:
        """List the tables and views of a schema, sorted.

        Args:
            data_object: Not looked at; routed calls carry one.
            database_schema: The schema, left out for the store's.
        """
        del data_object
        with connected(self.settings) as session:
            return metadata.list_tables(session, database_schema or self.settings.default_schema)

    def list_objects(self) -> list[str]:
        """List the tables and views of the store's schema, which are its objects, declared or not."""
        return self.list_tables()

    def delete_rows(
        self,
        data_object: Named,
        *,
        table: str | None = None,
        query: str | None = None,
        where: Sequence[Any] | None = None,
        keys: Sequence[Any] | None = None,
        primary_keys: Sequence[str] | None = None,
        batch_id: str | None = None,
    ) -> int:
        """Delete rows in one transaction.

        Args:
            data_object: The object.
            table: `table` or `schema.table`.
            query: Refused: what is declared as a query is read-only.
            where: Filters `(op, column, value)`, joined by AND; every row that fulfils them all is deleted.
            keys: Values of the key columns, for the rows with one of them: values for one column, sequences or
                mappings for several.
            primary_keys: The key columns, for `keys`.
            batch_id: Name of the deletion: one that was committed under the same name is not done again.

        Returns:
            The number of rows that were deleted.

        Raises:
            PlanError: Neither or both of `where` and `keys` are given, or one cannot be said exactly.
            CatalogError: The table does not exist.
            CommitError: The outcome is unknown.
            InterfaceError: The warehouse refused or cannot be reached; nothing was deleted.
        """
        check_writable(query)
        batch_id = checked_batch_id(batch_id)
        with connected(self.settings) as session:
            existing = metadata.existing_table(session, self._target(data_object, table))
        target, conditions = existing.name, _conditions(existing, where, keys, primary_keys)
        earlier = committed_rows(self.settings, target, batch_id)
        if earlier is not None:
            return earlier

        def change(session: Session) -> int:
            return sum(session.run(delete_where(target.sql, sql), values).changed for sql, values in conditions)

        return commit_batch(self.settings, target, change, batch_id=batch_id, mode="delete")

    def run_sql(
        self,
        data_object: Named | None = None,
        *,
        statement: str,
        parameters: Sequence[Any] | None = None,
        autocommit: bool = False,
    ) -> list[dict[str, Any]] | int | None:
        """Run one statement and commit it; it is sent once, whatever happens.

        Args:
            data_object: Not looked at, apart from a `statement` that it declares.
            statement: SQL, `%s` for each parameter.
            parameters: Values to bind; without them a `%` stands for itself.
            autocommit: Run it outside of a transaction block, as VACUUM and some ALTER TABLE need it.

        Returns:
            The rows, which are held in memory, as dictionaries; for INSERT, UPDATE and DELETE the number of rows;
            else None.

        Raises:
            InterfaceError: The warehouse refused it or cannot be reached, or two columns have one name.
        """
        del data_object
        with connected(self.settings) as session:
            if autocommit:
                session.end_transactions_at_once()
            answer = session.run(statement, parameters)
            if len(set(answer.names)) < len(answer.names):
                raise InterfaceError(
                    f"the columns {', '.join(answer.names)} do not have names of their own; give them some with AS",
                    key="statement",
                )
            try:
                session.commit()
            except ConnectionLost as lost:
                raise InterfaceError(
                    f"{lost.message} when the statement was committed: look whether it took effect before it is run "
                    "again"
                ) from None
        if answer.names:
            return [dict(zip(answer.names, row, strict=True)) for row in answer.rows]
        return answer.changed if answer.changed >= 0 else None

    def preview_count(self, data_object: Named, *, table: str | None = None, query: str | None = None) -> list[str]:
        """List the SQL of a count."""
        with connected(self.settings) as session:
            return [self._count_statement(session, data_object, table, query)]

    def preview_delete_rows(
        self,
        data_object: Named,
        *,
        table: str | None = None,
        where: Sequence[Any] | None = None,
        keys: Sequence[Any] | None = None,
        primary_keys: Sequence[str] | None = None,
        **others: Any,
    ) -> list[str]:
        """List the SQL of a deletion, `%s` in the place of each value."""
        check_writable(others.get("query"))
        with connected(self.settings) as session:
            existing = metadata.existing_table(session, self._target(data_object, table))
        return [delete_where(existing.name.sql, sql) for sql, _ in _conditions(existing, where, keys, primary_keys)]

    def preview_run_sql(self, data_object: Named | None = None, *, statement: str, **others: Any) -> list[str]:
        """List the statement itself."""
        del data_object, others
        return [statement]

    def _target(self, data_object: Named, table: str | None) -> TableName:
        if table is not None:
            return parse_table_name(table, self.settings.default_schema)
        return checked_table_name(TableName(self.settings.default_schema, data_object.name))

    def _count_statement(self, session: Session, data_object: Named, table: str | None, query: str | None) -> str:
        if query is not None:
            return joined("SELECT count(*) FROM", metadata.derived_table(query))
        target = metadata.existing_table(session, self._target(data_object, table))
        return joined("SELECT count(*) FROM", target.name.sql)


def _conditions(
    existing: metadata.Table,
    where: Sequence[Any] | None,
    keys: Sequence[Any] | None,
    primary_keys: Sequence[str] | None,
) -> list[Condition]:
    check_is_table(existing)
    if where is not None and keys is not None:
        raise PlanError("`where` and `keys` are two ways to say it; give one of them", key="where")
    if keys is None:
        return [predicate(where or (), existing.columns)]
    return list(key_predicates(keys, primary_keys, existing.columns))


def check_writable(query: str | None) -> None:
    """Refuse to change an object that is a declared query.

    Raises:
        PlanError: It is one.
    """
    if query is not None:
        raise PlanError("the object is a declared query, which can be read only; name a `table` to write", key="query")
