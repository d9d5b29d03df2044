"""Round-trip times: what ping and the connecting program say, and what is asked until they can be measured."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path as FilePath
from socket import create_server

import pytest

from netdsl.measuring.probes.latency import NoAnswer, latency, read_connections, read_pings, read_times
from netdsl.measuring.types import Asking, Path
from netdsl.runtime.driver import Answer, DriverError
from tests.measuring.bench import NO_WAIT, Bench

SAID = FilePath(__file__).parent / "said"
PROGRAM = files("netdsl.measuring.probes").joinpath("connect.pl").read_text(encoding="utf-8")
PATH = Path("a to b", "site.a", "b", "10.0.0.2", (), 0, ("icmp", "tcp/5201"))
PING = (SAID / "ping.txt").read_text()
NONE = (SAID / "ping-lost.txt").read_text()


def test_each_ping_has_its_time() -> None:
    assert read_pings(PING) == ((0.185, 0.0467, 0.0819, 0.0868, 0.0517), 0)


def test_what_is_not_answered_is_lost() -> None:
    assert read_pings(NONE) == ((), 3)


def test_an_answer_that_comes_twice_counts_once() -> None:
    line = "64 bytes from 10.3.0.3: icmp_seq=2 ttl=62 time=46.7 ms\n"
    assert read_pings(PING.replace(line, line + line.replace("46.7 ms", "50 ms (DUP!)"))) == read_pings(PING)


def test_ipv6_and_short_times_are_read() -> None:
    text = "64 bytes from fc00::2: icmp_seq=1 ttl=64 time<1 ms\n\n1 packets transmitted, 1 received, 0% packet loss\n"
    assert read_pings(text) == ((0.001,), 0)


def test_errors_of_routers_are_no_answers() -> None:
    text = "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n\n1 packets transmitted, 0 received, +1 errors\n"
    assert read_pings(text) == ((), 1)


def test_what_is_no_ping_is_an_error_that_keeps_what_was_said() -> None:
    with pytest.raises(DriverError) as caught:
        read_times(read_pings, Answer(2, "", "ping: connect: Network is unreachable\n"))
    assert caught.value.tail == "ping: connect: Network is unreachable\n"


def test_connections_are_read_line_by_line() -> None:
    assert read_connections("0.000120000\nlost\n0.000098000\n") == ((0.00012, 0.000098), 1)


def connect(port: int, count: int) -> str:
    words = ["perl", "-e", PROGRAM, "--", "2", str(count), "0.001", "127.0.0.1", str(port)]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout


def test_the_program_times_connections() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        times, lost = read_connections(connect(server.getsockname()[1], 5))
    assert (len(times), lost) == (5, 0)
    assert all(0 < time < 2 for time in times)


def test_a_refusal_is_lost() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert read_connections(connect(port, 2)) == ((), 2)


def test_it_is_measured_beside_the_source_once_an_answer_came() -> None:
    silent = [NONE, NONE, PING]

    def answer(node: str, words: Sequence[str]) -> Answer:
        is_warm = words[words.index("-c") + 1] != "7"
        return Answer(0, silent.pop(0) if is_warm else PING)

    bench = Bench(answer, pings=7)
    found = latency(bench.job, PATH, NO_WAIT)
    assert (found.path, found.asking, len(found.times), found.lost) == ("a to b", Asking.PING, 5, 0)
    assert [node for node, _ in bench.asked] == ["site-a"] * 4
    assert bench.open == 0


def test_where_nothing_ever_answers_it_ends() -> None:
    bench = Bench(lambda _node, _words: Answer(1, NONE), pings=7)
    with pytest.raises(DriverError, match=r"nothing answers at 10\.0\.0\.2, asked from `site\.a`"):
        latency(bench.job, PATH, NO_WAIT)
    assert bench.open == 0


def test_without_ping_connections_to_the_served_port_are_timed() -> None:
    path = Path("a to b", "a", "b", "10.0.0.2", (), 0, ("tcp/8080",))
    bench = Bench(lambda _node, _words: Answer(0, "0.5\n"), pings=1)
    assert latency(bench.job, path, NO_WAIT).asking is Asking.CONNECT
    assert bench.asked[-1][1][-4:] == ["1", "0.01", "10.0.0.2", "8080"]


def test_only_a_tunnel_is_waited_for() -> None:
    def asked(path: Path) -> int:
        bench = Bench(lambda _, __: Answer(1, NONE))
        with pytest.raises(NoAnswer, match=r"nothing answers at 10\.0\.0\.2"):
            latency(bench.job, path, NO_WAIT)
        return len(bench.asked)

    assert asked(PATH) < asked(replace(PATH, tunnels=("vpn",))) / 3
