"""netdsl's own images: programs beside a node, or in the host's network, never come from an image of a lab.

They are built from the base of all nodes, once, and named by what is in them.
"""

import hashlib
from collections.abc import Iterable, Iterator

from netdsl.codegen.images import BASE
from netdsl.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class OwnImage:
    """`title`: what it is for; `packages`: of Debian's."""

    title: str
    packages: tuple[str, ...]

    @property
    def dockerfile(self) -> str:
        return f"""\
FROM {BASE}
ENV DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\
    --mount=type=cache,target=/var/lib/apt,sharing=locked \\
    rm -f /etc/apt/apt.conf.d/docker-clean \\
    && apt-get update \\
    && apt-get install -y --no-install-recommends {" ".join(self.packages)}
RUN if [ -x /usr/bin/ping ]; then chmod u-s /usr/bin/ping; setcap -r /usr/bin/ping 2>/dev/null || true; fi
LABEL org.opencontainers.image.title="netdsl {self.title}" org.opencontainers.image.vendor="netdsl"
"""

    @property
    def name(self) -> str:
        return f"netdsl/{self.title}-{hashlib.sha256(self.dockerfile.encode()).hexdigest()[:12]}"


BESIDE = OwnImage("beside", ("busybox", "iproute2", "nftables", "perl-base", "tcpdump"))
"""What makes the parents of networks in the host's network, and captures packets and asks in a node's."""

MEASURE = OwnImage("measure", ("iperf3", "iproute2", "iputils-ping", "nftables", "perl-base"))
"""Measuring tools."""

CONFINED = ("--read-only", "--security-opt", "no-new-privileges", "--cap-drop", "ALL", "--pull", "never")
"""How a container of such an image runs, before what it may do is added."""

BESIDE_SERVICE = "netdsl.beside"
"""The service of a container beside a node. No node has this name: a host name has no full stop."""

KEPT, NEXT_TO = "netdsl.kept", "netdsl.beside"
"""Labels of a container beside a node: what it is removed with (`keeper`), and the node's name."""

ORPHAN = (("service", BESIDE_SERVICE), ("oneoff", "False"), ("config-hash", "-"), ("container-number", "1"))
"""Labels that Compose knows an orphan by, beside that of its project: what this process could not end, `down` removes with
the project's own containers."""


def labels(of: Iterable[tuple[str, str]]) -> Iterator[str]:
    for key, value in of:
        yield from ("--label", f"com.docker.compose.{key}={value}")


def owned(project: str) -> tuple[str, ...]:
    """What `docker run` is told of a container beside a project's own."""
    return tuple(labels((("project", project), *ORPHAN)))
