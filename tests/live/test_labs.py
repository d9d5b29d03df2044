"""The labs of the case study in containers, with each driver that the kernel has, and the small ones: one `up` for each."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.live.conftest import compiled_lab
from tests.live.story import *  # noqa: F403
from tests.live.story import Running, start
from tests.live.studies import CASE_STUDIES, SMALL_STUDIES, Study

pytestmark = pytest.mark.live


def cases() -> tuple[tuple[Study, str], ...]:
    return (
        *((study, driver) for study in CASE_STUDIES for driver in drivers()),
        *((study, "macvlan") for study in SMALL_STUDIES),
    )


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
    params=cases(),
    ids=lambda param: f"{param[0].name}-{param[1]}",
)
def running(
    request: pytest.FixtureRequest, engine: str, tmp_path_factory: pytest.TempPathFactory, run_name: str
) -> Iterator[Running]:
    study, driver = request.param
    name = f"{run_name}-{study.name}-{driver}"
    with compiled_lab(study.source, tmp_path_factory.mktemp(name), name, "--closed", "--driver", driver) as lab:
        yield start(study, driver, lab, lab.folder.parent / "credentials")
