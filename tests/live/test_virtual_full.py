"""The same story of the whole case study in virtual machines: nine of them take minutes under emulation."""

from collections.abc import Iterator

import pytest

from tests.live.conftest import booted
from tests.live.machine import Machine
from tests.live.story import *  # noqa: F403
from tests.live.story import Recorder, Running
from tests.live.studies import CASE_STUDIES
from tests.live.vagrant import compile_machines

pytestmark = [pytest.mark.full, pytest.mark.vm]


@pytest.fixture(scope="module")
def running(
    hypervisor: Machine, tmp_path_factory: pytest.TempPathFactory, run_name: str, record: Recorder
) -> Iterator[Running]:
    study = CASE_STUDIES[0]
    folder = tmp_path_factory.mktemp(study.name)
    lab = compile_machines(study.source, folder, f"{run_name}-{study.name}", hypervisor, "--closed")
    yield from booted(study, lab, record)
