"""Ports are chosen among those that nobody listens on."""

from __future__ import annotations

import socket

from spark_dao.local.ports import LOOPBACK, accepts_connections, find_free, is_free


def test_chosen_ports_are_different_and_free() -> None:
    ports = find_free(20)
    assert len(set(ports)) == 20
    assert all(map(is_free, ports))


def test_ports_promised_to_others_are_not_chosen() -> None:
    promised = set(find_free(5))
    assert not promised & set(find_free(200, besides=promised))


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    port = find_free(1)[0]
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)
        assert accepts_connections(port)
    assert not accepts_connections(port)
