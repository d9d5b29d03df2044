"""The same lab in both runtimes: what a node is inside is the same, line by line (inside.py says what is left out)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiling import compiled_file
from tests.live.compose import ComposeLab
from tests.live.conftest import compiled_lab
from tests.live.inside import Inside, read_inside, same_keys
from tests.live.lab import Lab
from tests.live.story import Running
from tests.live.studies import CASE_STUDIES, SMALL_STUDIES, Study

ONCE = pytest.mark.parametrize("virtual", SMALL_STUDIES[:1], indirect=True, ids=lambda study: study.name)


@pytest.fixture(scope="module")
def twin(
    virtual: Running, engine: str, tmp_path_factory: pytest.TempPathFactory, run_name: str
) -> Iterator[ComposeLab]:
    """The lab of `virtual` in containers, up and with its tunnels in use."""
    study = virtual.study
    folder = tmp_path_factory.mktemp(f"{study.name}-twin")
    with compiled_lab(study.source, folder, f"{run_name}-twin-{study.name}", "--closed") as lab:
        lab.prepare()
        lab.up()
        use_every_tunnel(lab)
        yield lab


def use_every_tunnel(lab: Lab) -> None:
    """Of the small lab: one in each family."""
    for study in SMALL_STUDIES:
        client, url, answer = study.applications[0]
        assert lab.answers_within(60, client, url, answer) is not None


@pytest.fixture
def pairs(virtual: Running, twin: ComposeLab) -> dict[str, tuple[Inside, Inside]]:
    """Every node in a container and in a machine."""
    use_every_tunnel(virtual.lab)
    return {node: _both(twin, virtual.lab, node) for node in twin.nodes()}


def _both(twin: Lab, machines: Lab, node: str) -> tuple[Inside, Inside]:
    return same_keys(_inside(twin, node, machines), _inside(machines, node, machines))


def _inside(lab: Lab, node: str, machines: Lab) -> Inside:
    """With the versions of all packages that the machine is to have."""
    image = (machines.folder / "machine/nodes" / node / "image").read_text().strip()
    return read_inside(lab, node, (machines.folder / "machine/images" / image / "packages").read_text().split())


@ONCE
@pytest.mark.live
@pytest.mark.vm
def test_each_node_is_the_same_inside(
    virtual: Running, twin: ComposeLab, pairs: dict[str, tuple[Inside, Inside]]
) -> None:
    assert {node: one.differences(two) for node, (one, two) in pairs.items()} == {
        node: [] for node in virtual.lab.nodes()
    }
    for one, _ in pairs.values():  # something was read of everything
        for subject in ("addresses", "routes", "routes of IPv6", "rules", "filter", "sysctls", "hosts", "packages"):
            assert one.subjects[subject], subject
    gateway = virtual.study.gateways[0]
    assert pairs[gateway][0].subjects["connections"]
    assert "udp 0.0.0.0:500" in pairs[gateway][0].subjects["sockets"]


@ONCE
@pytest.mark.live
@pytest.mark.vm
def test_what_is_changed_in_one_of_them_is_noticed(virtual: Running, twin: ComposeLab) -> None:
    gateway = virtual.study.gateways[0]
    twin.say(gateway, "ip", "route", "add", "192.0.2.0/24", "dev", "lan")
    twin.say(gateway, "nft", "add", "rule", "inet", "netdsl", "forward", "accept")
    try:
        one, two = _both(twin, virtual.lab, gateway)
        added, accepted = sorted(one.differences(two), reverse=True)
        assert added == "routes: - dst 192.0.2.0/24 dev lan scope link"
        assert accepted.startswith("filter: - rule ")
    finally:
        twin.restart(gateway)


@pytest.mark.parametrize("study", [*CASE_STUDIES, SMALL_STUDIES[0]], ids=lambda study: study.name)
def test_the_payload_is_the_same_for_both_targets_byte_for_byte(study: Study, tmp_path: Path) -> None:
    trees = [_payload(study.source, tmp_path, target) for target in ("compose", "vagrant")]
    assert trees[0] == trees[1]
    assert len(trees[0]) > 10


def _payload(source: Path, folder: Path, target: str) -> dict[str, bytes]:
    """Both targets have the same credentials."""
    files = compiled_file(source, folder / "credentials", target=target).files
    assert files is not None
    return {path: content for path, content in files.items() if path.startswith("payload/")}
