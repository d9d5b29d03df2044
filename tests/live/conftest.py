"""The ground of both runtimes (docs/engine.md says where it comes from), and labs that go whatever happens.

A test that needs containers asks for `engine`, directly or by what is made of it, one that needs machines for `hypervisor`:
each runs without the other.
"""

import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.live.compose import ComposeLab, compile_lab
from tests.live.host import Host, look_at_host
from tests.live.machine import HERE, ROOT

Starter = Callable[..., ComposeLab]
Recorder = Callable[[str], None]
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
