"""Throughput: what iperf3 says, what is left out, and that nothing stays."""

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path as FilePath

import pytest

from netdsl.measuring.paths import choose
from netdsl.measuring.probes.iperf import Refused, client_words, read
from netdsl.measuring.probes.served import Arrival, arrivals, redirection
from netdsl.measuring.probes.throughput import Incomplete, throughput
from netdsl.measuring.types import Path, Transport
from netdsl.packets.world import World
from netdsl.runtime.driver import Answer, DriverError
from tests.measuring.bench import NO_WAIT, Bench
from tests.measuring.test_paths import example

SAID = FilePath(__file__).parent / "said"
TCP, UDP, REFUSED = ((SAID / f"iperf3-{name}.json").read_text() for name in ("tcp", "udp", "refused"))


def test_of_tcp_counts_what_the_server_got_in_the_time_that_it_came() -> None:
    found = read(TCP)
    assert (found.transport, found.payload, found.bytes, found.sent) == (Transport.TCP, 1348, 30408704, None)
    assert found.bits == pytest.approx(30408704 * 8 / 2.120778)
    assert found.packets == pytest.approx(found.bits / 8 / 1348)
    assert found.lost is None


def test_of_udp_counts_what_arrived_of_what_was_sent() -> None:
    found = read(UDP)
    assert (found.transport, found.payload, found.bytes) == (Transport.UDP, 64, 497856)
    assert found.sent is not None
    assert found.lost == pytest.approx(1 - 497856 / 64 / found.sent)
    assert found.packets == pytest.approx(497856 / 64 / 2.774143, rel=0.01)


def test_the_segment_is_what_the_way_was_found_to_carry() -> None:
    assert read(TCP.replace('"tcp_mss_default": 1348', '"tcp_mss_default": 1448')).payload == 1348


def test_packets_of_unknown_size_are_no_figure() -> None:
    with pytest.raises(Refused, match="how large"):
        read(UDP.replace('"blksize"', '"block"'))


def test_an_error_of_iperf3_is_told() -> None:
    with pytest.raises(Refused, match="unable to connect to server"):
        read(REFUSED)


@pytest.mark.parametrize("text", ["", "iperf3: error", "[]", '{"start": {}, "end": {}}'])
def test_what_says_nothing_of_arrivals_is_no_figure(text: str) -> None:
    with pytest.raises(Refused):
        read(text)


def test_udp_is_sent_as_fast_as_it_goes() -> None:
    words = client_words(ip_address("fc00::2"), 5201, 3.0, 653, 1.0)
    assert words[-5:] == ["--udp", "--bitrate", "0", "--length", "653"]
    assert "-6" in words


# --- a served port


def test_what_arrives_is_known_behind_two_translations_and_a_tunnel() -> None:
    lab = example("host-to-host")
    path = choose(lab, [World(lab)])[0]
    source, destination = ip_address("172.16.16.16"), ip_address("10.1.0.2")
    assert arrivals(lab, path) == (Arrival(source, destination, 30000),)


def test_one_source_and_one_port_are_redirected_iperf3() -> None:
    found = (Arrival(ip_address("172.16.16.16"), ip_address("10.1.0.2"), 30000),)
    assert redirection(found, "ip", 5201) == (
        "add table ip netdsl-measure; delete table ip netdsl-measure; table ip netdsl-measure { chain prerouting { "
        "type nat hook prerouting priority -110; policy accept; "
        "ip saddr 172.16.16.16 ip daddr 10.1.0.2 tcp dport 30000 dnat to 10.1.0.2:5201; }; }"
    )
    six = (Arrival(ip_address("fc00::1"), ip_address("fc00::2"), 80),)
    assert "dnat to [fc00::2]:5201" in redirection(six, "ip6", 5201)


def answers(node: str, words: Sequence[str]) -> Answer:
    if "--client" in words:
        return Answer(0, UDP if "--udp" in words else TCP)
    return Answer(0, "")


def test_the_way_is_put_back_and_udp_left_out_with_its_reason() -> None:
    lab = example("host-to-host")
    path = choose(lab, [World(lab)])[0]
    bench = Bench(answers, lab, payloads=(64, 653))
    with pytest.raises(Incomplete, match="UDP is left out: of what iperf3 needs the lab lets tcp/8080 alone") as caught:
        throughput(bench.job, path, NO_WAIT)
    assert [one.transport for one in caught.value.found] == [Transport.TCP]
    nft = [words[1] for node, words in bench.asked if words[0] == "nft" and node == "server"]
    assert nft[-1] == "delete table ip netdsl-measure"
    assert bench.open == 0


def test_the_way_is_put_back_after_a_stop_too() -> None:
    lab = example("host-to-host")

    def stopped(node: str, words: Sequence[str]) -> Answer:
        if "--client" in words:
            raise KeyboardInterrupt
        return Answer(0, "")

    bench = Bench(stopped, lab)
    with pytest.raises(KeyboardInterrupt):
        throughput(bench.job, choose(lab, [World(lab)])[0], NO_WAIT)
    assert [words[0] for _, words in bench.asked[-2:]] == ["sh", "nft"]
    assert bench.open == 0


# --- a whole path


def whole() -> Path:
    lab = example("site-to-site")
    return choose(lab, [World(lab)])[0]


def test_tcp_then_each_payload_of_udp() -> None:
    bench = Bench(answers, example("site-to-site"), payloads=(64, 1370))
    assert [one.transport for one in throughput(bench.job, whole(), NO_WAIT)] == ["tcp", "udp", "udp"]
    servers = [words for _, words in bench.asked if "--server" in words]
    assert len(servers) == 3
    assert all(words[words.index("--bind") + 1] == "10.3.0.3" for words in servers)
    assert bench.open == 0


def test_a_server_that_is_not_there_yet_is_asked_again() -> None:
    said = [REFUSED, REFUSED, TCP]

    def late(node: str, words: Sequence[str]) -> Answer:
        return Answer(0, said.pop(0)) if "--client" in words else Answer(0, "")

    assert len(throughput(Bench(late, example("site-to-site")).job, whole(), NO_WAIT)) == 1


def test_one_part_that_fails_leaves_the_others() -> None:
    def half(node: str, words: Sequence[str]) -> Answer:
        if "--udp" in words and "653" in words:
            return Answer(1, '{"error": "the control socket has closed unexpectedly"}')
        return answers(node, words)

    bench = Bench(half, example("site-to-site"), payloads=(64, 653, 1370))
    with pytest.raises(Incomplete, match=r"UDP in packets of 653 bytes: .* the control socket has closed") as caught:
        throughput(bench.job, whole(), NO_WAIT)
    assert len(caught.value.found) == 3


def test_where_nothing_has_a_figure_it_is_an_error() -> None:
    bench = Bench(lambda _node, _words: Answer(1, "", "iperf3: not found"), example("site-to-site"))
    with pytest.raises(DriverError, match="iperf3 does not listen at `server`"):
        throughput(bench.job, whole(), NO_WAIT)
