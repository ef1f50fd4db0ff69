"""PostgreSQL's binary COPY format, made from Arrow by pgpq."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pgpq
import pgpq.encoders
import pgpq.schema
import pyarrow as pa

from spark_dao.local.warehouse.column_types import SUPER, arrow_type
from spark_dao.local.warehouse.wire import FieldDescription


def encoder_schema(target: Sequence[FieldDescription]) -> Any:
    """Return the Arrow schema of what is encoded for some columns."""
    return pa.schema([pa.field(str(index), arrow_type(column)) for index, column in enumerate(target)])


def encoder(target: Sequence[FieldDescription]) -> Any:
    """Return an encoder of PostgreSQL's binary COPY format for some columns."""
    schema = encoder_schema(target)
    builders = {
        field.name: pgpq.encoders.StringEncoderBuilder.new_with_output(field, pgpq.schema.Jsonb())
        if column.type_oid == SUPER
        else pgpq.ArrowToPostgresBinaryEncoder.infer_encoder(field)
        for field, column in zip(schema, target, strict=True)
    }
    return pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(schema, builders)
