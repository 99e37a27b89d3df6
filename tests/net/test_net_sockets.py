"""Which sockets are ready, the same on each system."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest
from pycurl import POLL_IN, POLL_INOUT, POLL_OUT

from letters.net.sockets import EpollSockets, SelectorSockets, Sockets, make_sockets


@pytest.fixture(params=[EpollSockets, SelectorSockets])
def sockets(request: pytest.FixtureRequest) -> Iterator[Sockets]:
    if request.param is EpollSockets and not hasattr(select, "epoll"):
        pytest.skip("only Linux has epoll")
    made: Sockets = request.param()
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_socket_is_ready_for_what_is_waited_for(
    sockets: Sockets, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    sockets.watch(ours.fileno(), POLL_IN)
    assert sockets.ready() == []
    theirs.send(b"something")
    assert sockets.ready() == [(ours.fileno(), POLL_IN)]
    sockets.watch(ours.fileno(), POLL_OUT)
    assert sockets.ready() == [(ours.fileno(), POLL_OUT)]
    sockets.watch(ours.fileno(), POLL_INOUT)
    assert sockets.ready() == [(ours.fileno(), POLL_INOUT)]


def test_socket_that_is_waited_for_no_more_is_not_told(
    sockets: Sockets, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    theirs.send(b"something")
    for _ in range(2):
        sockets.watch(ours.fileno(), POLL_IN)
        assert sockets.ready() == [(ours.fileno(), POLL_IN)]
        # Twice, as libcurl may say it.
        sockets.watch(ours.fileno(), 0)
        sockets.watch(ours.fileno(), 0)
        assert sockets.ready() == []


def test_connection_that_broke_off_is_ready(
    sockets: Sockets, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    sockets.watch(ours.fileno(), POLL_IN)
    theirs.close()
    ((number, events),) = sockets.ready()
    assert number == ours.fileno()
    assert events & POLL_IN


def test_number_of_a_closed_socket_can_be_used_again(sockets: Sockets) -> None:
    first, far = socket.socketpair()
    number = first.fileno()
    sockets.watch(number, POLL_IN)
    first.close()
    sockets.watch(number, 0)
    ours, theirs = socket.socketpair()
    with far, ours, theirs:
        assert ours.fileno() == number
        theirs.send(b"something")
        sockets.watch(number, POLL_IN)
        assert sockets.ready() == [(number, POLL_IN)]


def test_all_hang_on_one_file(sockets: Sockets, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    sockets.watch(ours.fileno(), POLL_IN)
    assert select.select([sockets], [], [], 0)[0] == []
    theirs.send(b"something")
    assert select.select([sockets], [], [], 5)[0] == [sockets]


def test_linux_is_asked_directly() -> None:
    made = make_sockets()
    made.close()
    assert isinstance(made, EpollSockets) == hasattr(select, "epoll")
