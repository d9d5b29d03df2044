"""What measures and asks beside a node: a container in its network, which a project's `down` takes away too."""

import math
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from shlex import join

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Answer, Deployment, DriverError
from netdsl.runtime.meter import TOO_LONG

from .engine import GOING, Unasked, answered, make_image, refused, said, tried
from .keeper import Keeper, Keepers
from .own import BESIDE, CONFINED, MEASURE, OwnImage, owned

PROBING = (*CONFINED, "--cap-add", "NET_ADMIN")  # nft, ip neighbour
MEASURING = (*PROBING, "--cap-add", "NET_RAW", "--tmpfs", "/tmp")  # noqa: S108 - ping; iperf3 keeps its id there


@dataclass(frozen=True, slots=True)
class SideTools:
    """`container` is the one beside the node."""

    container: str
    node: str
    keeper: Keeper

    def ask(self, command: Sequence[str], *, timeout: float) -> Answer:
        """It is ended inside too, where it takes too long: a client that goes would leave it there."""
        seconds = math.ceil(timeout)
        words = ("timeout", "--kill-after", "1", str(seconds), *command)
        try:
            answer = answered(self.container, words, timeout=seconds + 10)
        except subprocess.TimeoutExpired as error:
            raise self._unended(command, seconds) from error
        except Unasked as error:
            self._refuse_ended()
            message = f"the tools beside `{self.node}` cannot be asked"
            raise DriverError(message, command="docker exec", tail=str(error)) from error
        if answer.status in TOO_LONG:
            self._refuse_ended()
            raise self._unended(command, seconds)
        return answer

    def _refuse_ended(self) -> None:
        ending = self.keeper.ending_of(self.node)
        if ending:
            raise DriverError(ending)

    def _unended(self, command: Sequence[str], seconds: int) -> DriverError:
        return DriverError(f"a tool beside `{self.node}` does not end within {seconds} s", command=join(command[:3]))


def side_tools(deployment: Deployment, node: str, keepers: Keepers) -> AbstractContextManager[SideTools]:
    """Measuring tools. Raises DriverError."""
    make_image(MEASURE)
    return _container(deployment, node, MEASURE, MEASURING, keepers)


def side_probe(deployment: Deployment, node: str, keepers: Keepers) -> AbstractContextManager[SideTools]:
    """What asks for the node, which can neither replace nor end it. Raises DriverError."""
    return _container(deployment, node, BESIDE, PROBING, keepers)


@contextmanager
def _container(
    deployment: Deployment, node: str, image: OwnImage, rights: Sequence[str], keepers: Keepers
) -> Iterator[SideTools]:
    """While the block runs; the container goes with it, or with the node."""
    name = f"{deployment.project}-{node}-{image.title}-{secrets.token_hex(4)}"
    with keepers.keeping(deployment.project) as keeper:
        try:
            said([*run_words(deployment, node, name, (*rights, *keeper.words(node))), image.name, "infinity"])
            yield SideTools(name, node, keeper)
        finally:
            _remove(name)


def _remove(name: str) -> None:
    """The keeper may have done so, or be doing it. Raises DriverError."""
    answer = tried(["rm", "--force", "--volumes", name])
    if answer.status and not any(sign in answer.errors for sign in GOING):
        raise refused("Docker refused", "docker rm", answer.status, answer.errors)


def run_words(deployment: Deployment, node: str, name: str, options: Sequence[str]) -> list[str]:
    """The command `docker run …` without its image: a container that waits in the node's network."""
    words = ["run", "--detach", "--rm", "--init", "--name", name, "--entrypoint", "sleep"]
    return [*words, "--network", f"container:{deployment.project}-{node}-1", *options, *owned(deployment.project)]
