"""CREATE USER and ALTER USER in Redshift's words; the proxy, not PostgreSQL, checks passwords."""

from __future__ import annotations

from spark_dao.local.warehouse.authentication import password_secret
from spark_dao.local.warehouse.catalog import note_user_sql
from spark_dao.local.warehouse.token_reader import TokenReader
from spark_dao.local.warehouse.tokens import folded

_OPTIONS = {
    "CREATEUSER": "SUPERUSER",
    "NOCREATEUSER": "NOSUPERUSER",
    "CREATEDB": "CREATEDB",
    "NOCREATEDB": "NOCREATEDB",
}


def rewrite_user(sql: str) -> tuple[str, tuple[str, ...]]:
    """Put a CREATE USER or ALTER USER into PostgreSQL's form (guide, CREATE USER).

    Args:
        sql: The statement.

    Returns:
        The statement for PostgreSQL, without the password, and what to run behind it in the same transaction.

    Raises:
        WarehouseError: 42601, a clause that is not known here.

    Example:
        >>> rewrite_user("CREATE USER ann PASSWORD 'Secret123' CREATEUSER")[0]
        'CREATE ROLE ann LOGIN SUPERUSER'
    """
    reader = TokenReader(sql)
    verb = reader.take_one_of("CREATE", "ALTER")
    reader.expect("USER")
    name = reader.name()
    if verb == "ALTER" and reader.next.keyword in ("SET", "RESET", "RENAME"):
        return sql, ()
    reader.take("WITH")
    parts, after = [verb, "ROLE", name, "LOGIN"], list[str]()
    while not reader.at_end:
        if reader.take("PASSWORD"):
            if not reader.take("DISABLE"):
                user = folded(name.strip('"'))
                after.append(note_user_sql(user, password_secret(user, reader.string())))
        elif option := reader.take_one_of(*_OPTIONS):
            parts.append(_OPTIONS[option])
        elif reader.take("IN", "GROUP"):
            parts += ["IN GROUP", reader.name()]
        else:
            raise reader.unexpected()
    return " ".join(parts), tuple(after)
