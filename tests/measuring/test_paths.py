"""Which ways through a lab are measured."""

from functools import cache
from ipaddress import ip_address

import pytest

from netdsl.ir.ids import NodeId
from netdsl.ir.lab import Lab
from netdsl.measuring.paths import choose, is_possible, worlds_of
from netdsl.measuring.types import Path
from netdsl.packets.types import Esp
from netdsl.packets.world import World
from netdsl.pipeline.analysis import check
from netdsl.verify.predict import predict
from netdsl.verify.question import BadQuestion
from tests.compiling import EXAMPLES
from tests.verify.asking import lab

ALL = ("icmp", "tcp/5201", "udp/5201")


@cache
def example(name: str) -> Lab:
    found = check(EXAMPLES / name / "lab.net").lab
    assert found is not None
    return found


def paths(of: Lab, *wanted: tuple[str, str]) -> tuple[Path, ...]:
    return choose(of, worlds_of(of), wanted)


def test_site_to_site_is_measured_through_both_tunnels_and_around_them() -> None:
    a, b, around = paths(example("site-to-site"))
    assert a == Path("a.client-1 to server", "a.client-1", "server", "10.3.0.3", ("a.to-cloud",), 3, ALL)
    assert (b.source, b.tunnels) == ("b.client-1", ("b.to-cloud",))
    assert (around.tunnels, around.services) == ((), ALL)


def test_where_one_redirected_port_passes_that_one_is_measured_at_the_node_that_answers() -> None:
    a, _, around = paths(example("host-to-host"))
    assert a == Path("a.client-1 to server", "a.client-1", "server", "10.1.0.99", ("a.to-cloud",), 3, ("tcp/8080",))
    assert around == Path("server to internet", "server", "internet", "172.16.16.1", (), 1, ALL)


@pytest.mark.parametrize("name", ["host-to-host", "site-to-site", "site-to-site-v6", "ipsec-corners"])
def test_whoever_has_the_esp_the_paths_are_the_same(name: str) -> None:
    one = example(name)
    assert choose(one, [World(one, Esp.USER)]) == choose(one, [World(one, Esp.KERNEL)])


def test_a_pair_that_is_named_is_the_only_one() -> None:
    (one,) = paths(example("site-to-site"), ("b.client-2", "server"))
    assert (one.name, one.tunnels, one.services) == ("b.client-2 to server", ("b.to-cloud",), ALL)


def test_a_named_address_is_measured_by_the_port_that_is_redirected_there() -> None:
    for name in ("site-to-site", "host-to-host"):
        (one,) = paths(example(name), ("a.client-2", "10.1.0.99"))
        assert (one.destination, one.tunnels, one.services) == ("server", ("a.to-cloud",), ("tcp/8080",))


def test_a_name_that_the_lab_does_not_have_is_refused_as_trace_does() -> None:
    with pytest.raises(BadQuestion, match="there is no node `nobody`"):
        paths(example("site-to-site"), ("nobody", "server"))


def test_a_pair_without_a_way_is_refused_with_the_reason() -> None:
    with pytest.raises(BadQuestion, match=r"nothing that can be measured passes from `a\.client-1` to `b\.client-1`: "):
        paths(example("site-to-site"), ("a.client-1", "b.client-1"))


def test_two_addresses_of_one_pair_have_two_names() -> None:
    text = "lab x\nnetwork n 10.0.0.0/24\nhost a { interface on n .1 }\nhost b { interface on n .2, .3 }\n"
    names = [path.name for path in paths(lab(text), ("a", "10.0.0.2"), ("a", "10.0.0.3"))]
    assert names == ["a to b at 10.0.0.2", "a to b at 10.0.0.3"]


def test_a_lab_without_tunnels_is_measured_over_its_longest_way() -> None:
    text = """lab x
network n 10.0.0.0/24
network m 10.0.1.0/24
network o 10.0.2.0/24
host a { interface on n .1; default via r }
router r { interface on n .2; interface on m .2; default via s }
router s { interface on m .3; interface on o .3; default via r }
host b { interface on o .4; default via s }
"""
    (one,) = paths(lab(text.replace("; ", "\n").replace("{ ", "{\n").replace(" }", "\n}")))
    assert {one.source, one.destination} == {"a", "b"}
    assert one.hops == 2


def test_a_lab_of_one_node_has_no_path() -> None:
    assert paths(lab("lab x\nnetwork n 10.0.0.0/24\nhost a { interface on n .1 }\n")) == ()


def test_in_a_large_lab_few_pairs_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def counted(*words: object) -> object:
        asked.append(words)
        return predict(*words)  # type: ignore[arg-type]

    monkeypatch.setattr("netdsl.measuring.paths.predict", counted)
    text = "lab big\nnetwork n 10.0.0.0/16\n" + "".join(
        f"host h{i} {{ interface on n .{i // 250}.{i % 250 + 1} }}\n" for i in range(300)
    )
    assert len(paths(lab(text))) == 1
    assert len(asked) < 3000


TUNNEL = """lab x
network inet 192.0.2.0/24
network left 10.1.0.0/24
network right 10.2.0.0/24
router gl { interface wan on inet .1 ; interface lan on left .1 ; route right via gr }
router gr { interface wan on inet .2 ; interface lan on right .1 ; route left via gl }
host a { interface on left .10 ; default via gl }
host b { interface on right .10 ; default via gr }
ipsec vpn { between gl protecting left and gr protecting right ; auth psk ; start on traffic }
"""
KERNEL_ONLY = TUNNEL.replace("auth psk", "auth psk ; esp aes256-sha256-esn")


def test_paths_pass_with_either_kind_of_esp_where_there_are_such() -> None:
    """Around the tunnel `a` reaches `gr`'s outer address with the kernel's ESP alone: in user space the answer is led into
    the tunnel."""
    one = lab(TUNNEL)
    with_kernel, with_user = (choose(one, [World(one, esp)]) for esp in Esp)
    assert with_kernel != with_user
    chosen = paths(one)
    assert [path.tunnels for path in chosen] == [("vpn",), ()]
    assert {path.esp for path in chosen} == {""}
    for path in chosen:
        for esp in Esp:
            verdict = predict(World(one, esp), NodeId(path.source), ip_address(path.address), None)
            assert (verdict.passes, verdict.tunnels) == (True, path.tunnels)


def test_a_path_that_needs_one_kind_of_esp_says_so() -> None:
    one = lab(KERNEL_ONLY)
    through, *around = paths(one)
    assert (through.tunnels, through.esp) == (("vpn",), "kernel")
    assert all(path.esp == "" for path in around)
    assert is_possible(through, "kernel")
    assert is_possible(through, ""), "nothing is known"
    assert not is_possible(through, "user")


def test_a_named_pair_that_passes_with_one_kind_of_esp_is_taken_for_that() -> None:
    (named,) = paths(lab(TUNNEL), ("a", "192.0.2.2"))
    assert (named.name, named.esp) == ("a to gr", "kernel")
