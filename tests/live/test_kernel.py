"""What the kernel's ESP alone does, on a whole Debian kernel: each expectation holds as predicted.

The labs run in the engine of the reference host; `netdsl test` of this machine asks that engine.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kinds.ipsec.test_device import HOLDS, ROUTED
from tests.live.compose import ComposeLab, compile_lab
from tests.live.expected import expectations_hold
from tests.live.machine import HERE, ROOT, Machine
from tests.strongswan.scenarios import KERNEL_ESP, lab_name, scenarios

pytestmark = pytest.mark.full

_TOOL = str(ROOT / "tools/reference-host")
_NAMES = ("routed", *sorted(KERNEL_ESP))


@dataclass(frozen=True, slots=True)
class _Host:
    """`labs`: compiled here by name, each with its source. `socket`: where the host's engine answers."""

    machine: Machine
    socket: Path
    labs: dict[str, tuple[Path, ComposeLab]]


@pytest.fixture(scope="module")
def host(engine: str, tmp_path_factory: pytest.TempPathFactory, run_name: str) -> Iterator[_Host]:
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "routed.net").write_text(ROUTED % ("", HOLDS))
    sources = {lab_name(one.name): one.lab for one in scenarios() if lab_name(one.name) in KERNEL_ESP}
    sources["routed"] = folder / "routed.net"
    labs = {
        name: (source, compile_lab(source, folder / name, f"{run_name}-{name}", "--closed"))
        for name, source in sources.items()
    }
    for _, lab in labs.values():
        lab.prepare()
    images = sorted({image for _, lab in labs.values() for image in lab.images()})
    state = tmp_path_factory.mktemp("reference-host")
    try:
        HERE.say(_TOOL, "--state", str(state), "build", *images, timeout=900)
        HERE.say(_TOOL, "--state", str(state), "boot", timeout=400)
        HERE.say(_TOOL, "--state", str(state), "engine", str(state / "engine.sock"))
        yield _Host(Machine((_TOOL, "--state", str(state), "ssh"), patience=8), state / "engine.sock", labs)
    finally:
        HERE.run(_TOOL, "--state", str(state), "off", timeout=60)
        shutil.rmtree(state, ignore_errors=True)


@pytest.mark.parametrize("name", _NAMES)
def test_a_lab_that_needs_the_kernel_s_esp(name: str, host: _Host, monkeypatch: pytest.MonkeyPatch) -> None:
    source, compiled = host.labs[name]
    folder = compiled.folder.parent
    host.machine.say("mkdir", "-p", str(folder.parent))
    HERE.say(*host.machine.reach[:-1], "copy", str(folder), f":{folder.parent}", timeout=120)
    lab = ComposeLab(compiled.folder, compiled.project, host.machine)
    try:
        lab.up()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{host.socket}")
        expectations_hold(source, lab.folder, timeout=300 * host.machine.patience)
    finally:
        lab.take_away()
