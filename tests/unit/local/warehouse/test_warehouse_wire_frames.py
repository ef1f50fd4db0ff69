"""Frames of the wire protocol."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from spark_dao.local.warehouse import wire
from spark_dao.local.warehouse.column_types import JSONB

FRAMES = st.lists(st.tuples(st.sampled_from([b"D", b"d", b"C", b"Z"]), st.binary(max_size=40)), max_size=8)


@given(FRAMES, st.integers(1, 9))
def test_frames_survive_any_fragmentation(frames, size):
    """PostgreSQL documentation, "Message Formats"; TCP keeps no borders."""
    stream = b"".join(wire.message(kind, payload) for kind, payload in frames)
    buffer, taken = wire.MessageBuffer(), []
    for start in range(0, len(stream), size):
        buffer.feed(stream[start : start + size])
        while (message := buffer.take()) is not None:
            taken.append((message.kind, message.payload))
    assert taken == frames
    assert len(buffer) == 0


@given(st.lists(st.binary(max_size=20), max_size=6), st.integers(0, 60))
def test_a_run_takes_only_whole_frames_of_its_kind(payloads, cut):
    """The rows of a COPY TO, each a frame of its own."""
    stream = b"".join(wire.message(b"d", payload) for payload in payloads) + wire.message(b"c")
    buffer = wire.MessageBuffer()
    buffer.feed(stream[:cut])
    taken = buffer.take_run(b"d")
    buffer.feed(stream[cut:])
    taken += buffer.take_run(b"d")
    assert taken == payloads
    assert buffer.take().kind == b"c"


def test_a_type_is_replaced_only_where_it_is_a_type():
    """P: the driver's OID of SUPER is 4000; a table of that OID must not change."""
    oid = struct.pack("!I", JSONB)
    column = wire.cstring("a") + oid + struct.pack("!h", 1) + oid + struct.pack("!hih", -1, -1, 0)
    replaced = wire.with_type_replaced(struct.pack("!H", 1) + column, JSONB, 4000)
    assert wire.read_row_description(replaced) == (wire.FieldDescription("a", 4000, -1),)
    assert replaced.count(oid) == 1


def test_startup_parameters_come_back():
    """PostgreSQL documentation, StartupMessage."""
    parameters = {"user": "é", "database": "dev", "client_protocol_version": "2"}
    packet = wire.startup_packet(parameters)
    assert wire.read_startup_parameters(packet[8:]) == parameters
