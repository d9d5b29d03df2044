"""Tunnels of all kinds without keys in one running lab: each expectation holds as predicted."""

import re
from pathlib import Path

import pytest

from netdsl.backends.compose.meter import meter
from netdsl.runtime.meter import SPACES
from tests.compiling import all_tunnels
from tests.live.conftest import compiled_lab
from tests.live.expected import expectations_hold
from tests.live.machine import Machine
from tests.live.vagrant import VagrantLab, compile_machines

pytestmark = pytest.mark.live


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "tunnels.net"
    file.write_text(all_tunnels())
    return file


def test_containers(source: Path, tmp_path: Path, engine: str, run_name: str) -> None:
    with compiled_lab(source, tmp_path / "lab", f"{run_name}-tunnels", "--closed") as lab:
        lab.prepare()
        lab.up()
        expectations_hold(source, lab.folder, timeout=300)
        facts = {fact.name: fact.value for fact in meter.facts(lab.deployment)}
        in_either = "".join(f"{part}: (kernel|user space), " for part in ("gre", "ipip"))
        in_either += "openvpn: user space, strongswan: (kernel|user space), tinc: user space, "
        assert re.fullmatch(f"{in_either}vxlan: kernel, wireguard: (kernel|user space)", facts["tunnels"])


@pytest.mark.vm
@pytest.mark.full
def test_machines(source: Path, tmp_path: Path, hypervisor: Machine, run_name: str) -> None:
    lab: VagrantLab = compile_machines(source, tmp_path / "lab", f"{run_name}-tunnels", hypervisor, "--closed")
    try:
        lab.prepare()
        lab.up()
        expectations_hold(source, lab.folder, "-t", "vagrant", timeout=300 * hypervisor.patience)
        assert all("wireguard:kernel" in lab.say(node, *SPACES).split() for node in ("wg-hub", "wg-b", "wg-c"))
    finally:
        lab.take_away()
