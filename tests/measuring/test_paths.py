"""Which ways through a lab are measured."""

from functools import cache

import pytest

from netdsl.ir.lab import Lab
from netdsl.measuring.paths import choose
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
    return choose(of, World(of), wanted)


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
    assert choose(one, World(one, Esp.USER)) == choose(one, World(one, Esp.KERNEL))


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
