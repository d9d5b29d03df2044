"""The ground of both runtimes (docs/engine.md says where it comes from), and labs that go whatever happens.

A test that needs containers asks for `engine`, directly or by what is made of it, one that needs machines for `hypervisor`:
each runs without the other.
"""

import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.live.compose import ComposeLab, compile_lab
from tests.live.host import Host, look_at_host
from tests.live.hypervisor import BOX, memory_of, processor_seconds
from tests.live.machine import HERE, ROOT, Machine
from tests.live.story import Recorder, Running, first_answer, start
from tests.live.studies import SMALL_STUDIES, Study
from tests.live.vagrant import VagrantLab, compile_machines

Starter = Callable[..., ComposeLab]
_FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for figure in config.stash.get(_FIGURES, []):
        terminalreporter.write_line(figure)


@pytest.fixture(scope="session")
def record(request: pytest.FixtureRequest) -> Recorder:
    """Notes a figure, which is printed at the end of the run."""
    return request.config.stash[_FIGURES].append


@pytest.fixture(scope="session")
def engine() -> str:
    """The engine's version."""
    try:
        done = HERE.run("docker", "version", "--format", "{{.Server.Version}}", timeout=30)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        pytest.fail(f"no Docker Engine answers (tools/engine install, tools/engine start): {error}")
    if done.returncode:
        pytest.fail(f"no Docker Engine answers (tools/engine start): {done.stderr}")
    return done.stdout.strip()


@pytest.fixture(scope="session")
def run_name() -> str:
    """What all projects of this run begin with: two runs may share an engine."""
    return f"t{secrets.token_hex(3)}"


@pytest.fixture(scope="session")
def image(engine: str, tmp_path_factory: pytest.TempPathFactory, run_name: str) -> str:
    """An image with ip, nft and tcpdump: the one that the nodes of a lab have."""
    folder = tmp_path_factory.mktemp("image")
    lab = compile_lab(ROOT / "examples/site-to-site/lab.net", folder, f"{run_name}-image", "--closed")
    lab.prepare()
    return lab.images()[0]


@pytest.fixture(scope="session")
def look(image: str) -> Callable[[str], Host]:
    """The host as one project sees it."""
    return partial(look_at_host, HERE, image)


@pytest.fixture(scope="session")
def hypervisor() -> Machine:
    """libvirt answers and the box is there; under emulation everything takes many times longer."""
    try:
        done = HERE.run("virsh", "--connect", "qemu:///system", "capabilities", timeout=30)
        boxes = HERE.run("vagrant", "box", "list", timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        pytest.fail(f"no libvirt answers (tools/hypervisor install, tools/hypervisor start): {error}")
    if done.returncode:
        pytest.fail(f"no libvirt answers (tools/hypervisor start): {done.stderr}")
    if f"{BOX} " not in boxes.stdout:
        pytest.fail(f"Vagrant has no box {BOX} (tools/vagrant-box): {boxes.stdout}{boxes.stderr}")
    return Machine(patience=2 if "<domain type='kvm'" in done.stdout else 8)


@pytest.fixture(params=[0, 1], ids=["A", "S"])
def end(request: pytest.FixtureRequest) -> int:
    """Which of a study's gateways is killed: each in turn."""
    number: int = request.param
    return number


@pytest.fixture(scope="session")
def machines(
    hypervisor: Machine, tmp_path_factory: pytest.TempPathFactory, run_name: str, record: Recorder
) -> Iterator[Running]:
    """The small lab in virtual machines: booted once for all that is asked of it, in several files."""
    study = SMALL_STUDIES[0]
    folder = tmp_path_factory.mktemp(study.name)
    lab = compile_machines(study.source, folder, f"{run_name}-{study.name}", hypervisor, "--closed")
    yield from booted(study, lab, record)


@pytest.fixture(scope="session")
def virtual(request: pytest.FixtureRequest, machines: Running) -> Running:
    """The same for the study that a test names: what holds of the lab in one family."""
    study = request.param
    if study is machines.study:
        return machines
    return replace(machines, study=study, answered=first_answer(study, machines.lab))


def booted(study: Study, lab: VagrantLab, record: Recorder) -> Iterator[Running]:
    """Brought up with its figures noted; taken away at the end whatever happened."""
    try:
        running = start(study, "machines", lab, lab.folder.parent / "credentials")
        used = [round(processor_seconds(process)) for process in lab.processes().values()]
        held = [round(memory_of(process) / 2**20) for process in lab.processes().values()]
        record(
            f"{running.name}: from `vagrant up` to an answer through the tunnel {running.seconds + running.answered:.0f} s;"
            f" each machine used {min(used)}-{max(used)} s of processors and holds {min(held)}-{max(held)} MiB"
        )
        yield running
    finally:
        lab.take_away()


@contextmanager
def compiled_lab(source: Path, folder: Path, project: str, *options: str) -> Iterator[ComposeLab]:
    """A compiled lab that the block may start; it is taken away at the end whatever happened."""
    lab = compile_lab(source, folder, project, *options)
    try:
        yield lab
    finally:
        lab.take_away()


@pytest.fixture
def deploy(engine: str, tmp_path: Path, run_name: str) -> Iterator[Starter]:
    """Compiles a source, or the text of one, for a project of its own; all of a test's labs go at its end."""
    with ExitStack() as labs:

        def compiled(source: Path | str, name: str, *options: str) -> ComposeLab:
            folder = tmp_path / name
            if isinstance(source, str):
                folder.mkdir()
                (folder / "lab.net").write_text(source)
                source = folder / "lab.net"
            return labs.enter_context(compiled_lab(source, folder, f"{run_name}-{name}", *options))

        yield compiled
