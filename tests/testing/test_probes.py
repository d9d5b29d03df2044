"""The program that runs in nodes, here against this machine's own loopback; and what is read from it."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from ipaddress import ip_address

import pytest

from netdsl.testing.probes import Kind, Outcome, Question, Reply, read_reply

HERE = ip_address("127.0.0.1")


def _ask(*questions: Question, patience: float = 5) -> list[Reply]:
    program = files("netdsl.testing").joinpath("probe.pl").read_text()
    words = ["perl", "-e", program, "--", f"{patience:g}", *(one.argument for one in questions)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return [read_reply(line) for line in done.stdout.splitlines()]


@contextmanager
def _tcp(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Serves one connection: reads once, answers, ends. Its port, and what it has read."""
    heard: list[bytes] = []
    with socket.create_server((str(HERE), 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(4096))
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        thread.join(10)


@contextmanager
def _udp() -> Iterator[int]:
    """Gives one datagram back, the second one of two."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((str(HERE), 0))

        def serve() -> None:
            server.recvfrom(4096)
            data, client = server.recvfrom(4096)
            server.sendto(b"b.udp\n" + data, client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def test_a_web_server_says_its_name_in_the_body() -> None:
    with _tcp(b"HTTP/1.0 200 OK\r\nX: y\r\n\r\nb.http\n") as (port, heard):
        assert _ask(Question(Kind.TCP, HERE, port, "the-mark")) == [Reply(Outcome.ANSWERED, "b.http")]
    assert b"X-Marker: the-mark\r\n" in heard[0]


def test_another_service_says_its_name_in_its_first_line() -> None:
    with _tcp(b"b.echo\nGET /\n") as (port, _):
        assert _ask(Question(Kind.TCP, HERE, port, "x")) == [Reply(Outcome.ANSWERED, "b.echo")]


def test_a_closed_port_refuses() -> None:
    with socket.create_server((str(HERE), 0)) as server:
        port = server.getsockname()[1]
    assert _ask(Question(Kind.TCP, HERE, port, "x"))[0].outcome is Outcome.REFUSED
    assert _ask(Question(Kind.UDP, HERE, port, "x"))[0].outcome is Outcome.REFUSED


def test_a_lost_datagram_is_sent_again() -> None:
    with _udp() as port:
        assert _ask(Question(Kind.UDP, HERE, port, "x")) == [Reply(Outcome.ANSWERED, "b.udp")]


def test_many_questions_keep_their_order_and_their_words() -> None:
    said = _ask(
        Question(Kind.RUN, words=("printf", "%s\\n", "a b", "$(c);d")),
        Question(Kind.RUN, words=("sh", "-c", "exit 3")),
        Question(Kind.RUN, words=("no-such-program",)),
    )
    assert said == [
        Reply(Outcome.RAN, "a b\n$(c);d\n", 0),
        Reply(Outcome.RAN, "", 3),
        Reply(Outcome.RAN, "No such file or directory", 127),
    ]


def test_a_program_that_does_not_end_is_killed() -> None:
    assert _ask(Question(Kind.RUN, words=("sleep", "60")), patience=0.02) == [Reply(Outcome.TIMEOUT)]


@pytest.mark.slow
def test_a_program_has_more_time_than_what_a_network_loses() -> None:
    said = _ask(Question(Kind.RUN, words=("sh", "-c", "sleep 0.7; echo x")), patience=0.5)
    assert said == [Reply(Outcome.RAN, "x\n", 0)]


@pytest.mark.live
def test_a_ping_is_answered_by_the_address_that_was_asked() -> None:
    """In a network namespace of its own, where a ping to 0.0.0.0 is answered by 127.0.0.1."""
    program = files("netdsl.testing").joinpath("probe.pl").read_text()
    script = (
        'echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range && ip link set lo up && exec perl -e "$0" -- 1 "$@"'
    )
    asked = (f"icmp\t{address}\t0\tx" for address in ("0.0.0.0", "127.0.0.1", "::1"))
    words = ["unshare", "--net", "sh", "-c", script, program, *asked]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["timeout", "answered", "answered"]


@pytest.mark.parametrize(
    ("line", "reply", "shown"),
    [
        ("answered\tb.http", Reply(Outcome.ANSWERED, "b.http"), "answered by b.http"),
        ("answered\t", Reply(Outcome.ANSWERED), "answered"),
        ("timeout\t", Reply(Outcome.TIMEOUT), "no answer"),
        (
            "unreachable\tNo route to host",
            Reply(Outcome.UNREACHABLE, "No route to host"),
            "unreachable: no route to host",
        ),
        ("exit 2\ta\x1fb\x1f", Reply(Outcome.RAN, "a\nb\n", 2), "ran"),
    ],
)
def test_replies(line: str, reply: Reply, shown: str) -> None:
    assert read_reply(line) == reply
    assert str(reply) == shown
