"""What measures and asks beside a node: a container in its network, which a project's `down` takes away too."""

import math
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Answer, Deployment, DriverError
from netdsl.runtime.meter import TOO_LONG

from .engine import Unasked, answered, make_image, said
from .own import BESIDE, CONFINED, MEASURE, OwnImage, owned

PROBING = (*CONFINED, "--cap-add", "NET_ADMIN")  # nft, ip neighbour
MEASURING = (*PROBING, "--cap-add", "NET_RAW", "--tmpfs", "/tmp")  # noqa: S108 - ping; iperf3 keeps its id there


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


def side_tools(deployment: Deployment, node: str) -> AbstractContextManager[SideTools]:
    """Measuring tools. Raises DriverError."""
    make_image(MEASURE)
    return _container(deployment, node, MEASURE, MEASURING)


def side_probe(deployment: Deployment, node: str) -> AbstractContextManager[SideTools]:
    """What asks for the node, which can neither replace nor end it. Raises DriverError."""
    return _container(deployment, node, BESIDE, PROBING)


@contextmanager
def _container(deployment: Deployment, node: str, image: OwnImage, rights: Sequence[str]) -> Iterator[SideTools]:
    """While the block runs; the container goes with it."""
    name = f"{deployment.project}-{node}-{image.title}-{secrets.token_hex(4)}"
    try:
        said([*run_words(deployment, node, name, rights), image.name, "infinity"])
        yield SideTools(name, node)
    finally:
        said(["rm", "--force", "--volumes", name])


def run_words(deployment: Deployment, node: str, name: str, rights: Sequence[str]) -> list[str]:
    """The command `docker run …` without its image: a container that waits in the node's network."""
    words = ["run", "--detach", "--rm", "--init", "--name", name, "--entrypoint", "sleep"]
    return [*words, "--network", f"container:{deployment.project}-{node}-1", *rights, *owned(deployment.project)]
