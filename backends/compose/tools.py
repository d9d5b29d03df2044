"""Measuring tools beside a node: a container of their own in its network, which a project's `down` takes away too."""

import math
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Answer, Deployment, DriverError
from netdsl.runtime.meter import TOO_LONG

from .engine import Unasked, answered, make_image, said
from .own import MEASURE, owned


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
    make_image(MEASURE)
    name = f"{deployment.project}-{node}-measures-{secrets.token_hex(4)}"
    try:
        said([*run_words(deployment, node, name), MEASURE.name, "infinity"])
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
    return [*words, *owned(deployment.project)]
