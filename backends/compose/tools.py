"""Measuring tools beside a node: a container of their own in its network, which a project's `down` takes away too."""

import hashlib
import math
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from netdsl.codegen.images import BASE
from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Answer, Deployment, DriverError
from netdsl.runtime.meter import TOO_LONG

from .engine import Unasked, answered, said

DOCKERFILE = f"""\
FROM {BASE}
ENV DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\
    --mount=type=cache,target=/var/lib/apt,sharing=locked \\
    rm -f /etc/apt/apt.conf.d/docker-clean \\
    && apt-get update \\
    && apt-get install -y --no-install-recommends iperf3 iproute2 iputils-ping nftables perl-base
RUN chmod u-s /usr/bin/ping; setcap -r /usr/bin/ping 2>/dev/null || true
LABEL org.opencontainers.image.title="netdsl measure" org.opencontainers.image.vendor="netdsl"
"""
_IMAGE = f"netdsl/measure-{hashlib.sha256(DOCKERFILE.encode()).hexdigest()[:12]}"
_BUILD = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class SideTools:
    """`container` is the one beside the node."""

    container: str
    node: str

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        """It is ended inside too, where it takes too long: a client that goes would leave it there."""
        seconds = math.ceil(timeout)
        words = ("timeout", "--kill-after", "1", str(seconds), *command)
        try:
            answer = answered(self.container, words, timeout=seconds + 10)
        except subprocess.TimeoutExpired as error:
            raise self._unended(command, seconds) from error
        except Unasked as error:
            message = f"the tools beside `{self.node}` cannot be asked"
            raise DriverError(message, command="docker exec", tail=str(error)) from error
        if answer.status in TOO_LONG:
            raise self._unended(command, seconds)
        return answer

    def _unended(self, command: Sequence[str], seconds: int) -> DriverError:
        return DriverError(
            f"a tool beside `{self.node}` does not end within {seconds} s", command=" ".join(command[:3])
        )


@contextmanager
def side_tools(deployment: Deployment, node: str) -> Iterator[SideTools]:
    """While the block runs; the container goes with it. Raises DriverError."""
    _build()
    name = f"{deployment.project}-{node}-measures-{secrets.token_hex(4)}"
    try:
        said([*run_words(deployment, node, name), _IMAGE, "infinity"])
        yield SideTools(name, node)
    finally:
        said(["rm", "--force", "--volumes", name])


def run_words(deployment: Deployment, node: str, name: str) -> list[str]:
    words = [
        "run",
        "--detach",
        "--rm",
        "--init",
        "--name",
        name,
        "--network",
        f"container:{deployment.project}-{node}-1",
    ]
    words += ["--cap-drop", "ALL", "--cap-add", "NET_ADMIN", "--cap-add", "NET_RAW"]  # nft; ping
    words += ["--security-opt", "no-new-privileges", "--pull", "never", "--entrypoint", "sleep"]
    for key, value in _labels(deployment.project):
        words += ["--label", f"{key}={value}"]
    return words


def _labels(project: str) -> tuple[tuple[str, str], ...]:
    """As Compose marks an orphan: what this process could not end, `down` removes with the project's own."""
    return (
        ("com.docker.compose.project", project),
        ("com.docker.compose.service", "netdsl-measure"),
        ("com.docker.compose.oneoff", "False"),
        ("com.docker.compose.config-hash", "-"),
        ("com.docker.compose.container-number", "1"),
    )


def _build() -> None:
    """The image, where it is missing: its name says what is in it."""
    if said(["image", "ls", "--quiet", _IMAGE]).strip():
        return
    try:
        said(["build", "--quiet", "--tag", _IMAGE, "-"], timeout=_BUILD, given=DOCKERFILE)
    except DriverError as error:
        error.remedy = (
            error.remedy or "the packages iperf3, iputils-ping and nftables of Debian have to be within reach"
        )
        raise
