"""What an upsert needs of an object of files."""

from __future__ import annotations

from collections.abc import Sequence

from spark_dao.errors import PlanError, near_miss

_UPSERT = "upsert"


def merge_keys(
    format_name: str,
    operation: str | None,
    primary_keys: Sequence[str] | None,
    columns: Sequence[str],
    batch_id: str | None,
) -> tuple[str, ...]:
    """Return the columns by which rows are merged, none for an ordinary write.

    Args:
        format_name: Format as `checked_format` returns it.
        operation: What the caller asks for, None for an ordinary write.
        primary_keys: The columns that tell rows apart.
        columns: The data's columns.
        batch_id: The caller's name for the batch.

    Raises:
        PlanError: The format cannot merge, the keys are missing or unknown, or the operation is.

    Example:
        >>> merge_keys("delta", "upsert", ["ID"], ["id", "name"], None)
        ('id',)
    """
    if operation is None:
        return ()
    if operation.lower() != _UPSERT:
        raise PlanError(f"files know no operation `{operation}`{near_miss(operation, [_UPSERT])}", key="operation")
    if format_name != "delta":
        raise PlanError(
            f"files of the format `{format_name}` cannot be upserted, which takes a transaction; declare "
            "`format: delta` on the object, or overwrite it with the merged rows",
            key="operation",
        )
    if batch_id is not None:
        raise PlanError("an upsert into Delta takes no `batch_id`; run it again as it is, or append", key="batch_id")
    if not primary_keys:
        raise PlanError(
            "an upsert needs to know which columns tell rows apart; declare `primary_keys` on the object or give it "
            "with the call",
            key="primary_keys",
        )
    known = {column.lower(): column for column in columns}
    for key in primary_keys:
        if key.lower() not in known:
            raise PlanError(f"the data has no column `{key}`{near_miss(key, columns)}", key="primary_keys")
    return tuple(dict.fromkeys(known[key.lower()] for key in primary_keys))
