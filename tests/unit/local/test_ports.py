"""An invalid port, or one in use, is reported in one sentence."""

import socket
from collections.abc import Iterator
from dataclasses import astuple, replace

import pytest

from local.stack.errors import StackError
from local.stack.ports import Ports

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_fixed_ports_are_4566_to_4570() -> None:
    assert astuple(Ports.fixed({})) == (4566, 4567, 4568, 4569, 4570)


def test_each_fixed_port_can_be_set() -> None:
    ports = Ports.fixed({"LAPTOP_ISSUER_PORT": "5001", "LAPTOP_WNS_CONTROL_PORT": ""})
    assert astuple(ports) == (4566, 5001, 4568, 4569, 4570)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "4_566", "٤"])
def test_setting_that_is_not_a_port_is_refused(text: str) -> None:
    with pytest.raises(StackError, match=r"LAPTOP_AWS_PORT='.*' is not a port"):
        Ports.fixed({"LAPTOP_AWS_PORT": text})


def test_free_ports_differ_and_pass_the_check() -> None:
    ports = Ports.free()
    assert len(set(astuple(ports))) == len(astuple(ports))
    ports.check()


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("aws", "the AWS emulator wants it: .*LAPTOP_AWS_PORT"),
        ("issuer", "the issuer of player tokens wants it: .*LAPTOP_ISSUER_PORT"),
        ("wns_proxy", "the WNS emulator wants it: .*LAPTOP_WNS_PROXY_PORT"),
        ("wns_control", "the WNS emulator's control page wants it: .*LAPTOP_WNS_CONTROL_PORT"),
        ("devices", "the devices page wants it: .*LAPTOP_DEVICES_PORT"),
    ],
)
def test_taken_port_is_named_with_the_server_that_needs_it(
    taken: int, role: str, words: str
) -> None:
    with pytest.raises(StackError, match=f"port {taken} is in use, and {words}"):
        replace(Ports.free(), **{role: taken}).check()


def test_port_bound_on_every_address_counts_as_taken() -> None:
    with socket.create_server(("", 0)) as listener:
        ports = replace(Ports.free(), aws=listener.getsockname()[1])
        with pytest.raises(StackError, match="is in use"):
            ports.check()


def test_bound_port_that_does_not_listen_counts_as_taken() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        ports = replace(Ports.free(), issuer=bound.getsockname()[1])
        with pytest.raises(StackError, match="is in use"):
            ports.check()
