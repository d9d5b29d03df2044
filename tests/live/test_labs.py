"""The three labs of the case study on this machine's engine, with each driver that its kernel has: one `up` for each."""

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.live.conftest import compiled_lab
from tests.live.host import Host
from tests.live.lab import ROOT
from tests.live.story import *  # noqa: F403
from tests.live.story import Running, give_away, start
from tests.live.studies import STUDIES

pytestmark = pytest.mark.live


def drivers() -> tuple[str, ...]:
    """Those that this kernel has. Asked in a network namespace of its own."""
    script = "ip link add base type veth peer name other && ip link add link base name probe type ipvlan"
    for words in (("unshare", "-n"), ("unshare", "-rn")):
        try:
            if subprocess.run((*words, "sh", "-c", script), capture_output=True, check=False).returncode == 0:
                return ("macvlan", "bridge", "ipvlan")
        except FileNotFoundError:
            break
    return ("macvlan", "bridge")


@pytest.fixture(
    scope="module",
    params=[(study, driver) for study in STUDIES for driver in drivers()],
    ids=lambda param: f"{param[0].name}-{param[1]}",
)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, run_name: str, look: Callable[[str], Host]
) -> Iterator[Running]:
    study, driver = request.param
    source = ROOT / "examples" / study.name / "lab.net"
    name = f"{run_name}-{study.name}-{driver}"
    with compiled_lab(source, tmp_path_factory.mktemp(name), name, "--closed", "--driver", driver) as lab:
        if study.name == "host-to-host":
            give_away(lab.folder.parent)
        yield start(study, driver, lab, lab.folder.parent / "credentials", look)
