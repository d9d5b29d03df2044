"""Taking away what a project has on the engine, by the ids in `inventory`; by labels alone where its folder is gone."""

import re
from collections.abc import Iterable, Sequence
from time import sleep

from netdsl.runtime.driver import DriverError, Progress

from .engine import make_image, said
from .inventory import EngineContainer, EngineNetwork, all_containers, networks_of
from .model import parent_device
from .own import BESIDE, CONFINED, owned

_ATTEMPTS = 5
_PAUSE = 0.5  # seconds
_GRACE = 5  # seconds in which a node ends by itself, as in `compose.yaml`
_ID = re.compile(r"[0-9a-f]{64}")
_GONE = re.compile(r"[Nn]o such (container|network)|network \S+ not found")
_DELETE = 'for device; do [ ! -e "/sys/class/net/$device" ] || ip link delete "$device"; done'


def remove(containers: Iterable[EngineContainer], networks: Iterable[EngineNetwork]) -> None:
    """At once, the containers first: a network with one in it cannot go. A node ends by itself before, and so gives its
    interfaces back: of one that is killed the kernel keeps the MAC addresses for a while. What is gone already is no error.
    Raises DriverError, which names a container of another project in such a network."""
    found, going = tuple(containers), tuple(networks)
    _rm(("stop", "-t", str(_GRACE)), [one.id for one in found if one.state == "running" and not one.is_beside])
    _rm(("rm", "--force", "--volumes"), [container.id for container in found])
    try:
        _rm(("network", "rm"), [network.id for network in going])
    except DriverError:
        for project in {network.project for network in going}:
            refuse_guests(networks_of(project), all_containers())
        raise


def remove_nodes(ids: Iterable[str]) -> None:
    """Containers that run, so that Compose makes them: it compares labels, which say what one was made for, not what
    its node has become since. Raises DriverError."""
    going = set(ids)
    if going:
        remove([container for container in all_containers() if container.id in going], ())


def remove_networks(project: str) -> list[str]:
    """Those with netdsl's mark. Returns what they were called. Raises DriverError."""
    found = [network for network in networks_of(project) if network.mark]
    remove((), found)
    return [network.key for network in found]


def refuse_guests(networks: Iterable[EngineNetwork], containers: Iterable[EngineContainer]) -> None:
    """Raises DriverError where a network that has to go holds a container that is not of its project."""
    ours = {container.id: container.project for container in containers}
    for network in networks:
        guests = (name for identity, name in network.containers.items() if ours.get(identity) != network.project)
        guest = next(guests, None)
        if guest is not None:
            raise DriverError(
                f"the network `{network.name}` has to go, and the container `{guest}` in it is not the lab's",
                remedy=f"docker network disconnect {network.name} {guest}",
            )


def take_away_marked(project: str, progress: Progress) -> None:
    """All of a project that has netdsl's marks; what has not is said, and stays. Raises DriverError."""
    devices: set[str] = set()
    for _ in range(_ATTEMPTS):
        containers = [container for container in all_containers() if container.project == project]
        ours = [container for container in containers if container.is_netdsls]
        networks = [network for network in networks_of(project) if network.mark]
        if not ours and not networks:
            break
        devices |= {device for network in networks if (device := _own_parent(network)) is not None}
        for container in sorted(ours, key=lambda container: container.service):
            if not container.is_beside:
                progress(f"removed the node {container.service}")
        remove(ours, networks)
    for container in containers:
        if not container.is_netdsls:
            progress(f"note: the container {container.name} of the project {project} stays: it is not netdsl's")
    _delete_devices(project, sorted(devices))


def _own_parent(network: EngineNetwork) -> str | None:
    """The parent device of a network, where it is the one that netdsl makes for it."""
    device = parent_device(network.project, network.key)
    return device if network.options.get("parent") == device else None


def _delete_devices(project: str, devices: Sequence[str]) -> None:
    if not devices:
        return
    make_image(BESIDE)
    words = ("run", "--rm", "--network", "host", *CONFINED, "--cap-add", "NET_ADMIN", *owned(project))
    said([*words, "--entrypoint", "sh", BESIDE.name, "-c", _DELETE, "sh", *devices])


def _rm(verb: Sequence[str], identities: Sequence[str]) -> None:
    left = [identity for identity in identities if _ID.fullmatch(identity)]
    if not left:
        return
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            said([*verb, *left])
        except DriverError as error:
            lines = [line for line in error.tail.splitlines() if line.strip()]
            if lines and all(_GONE.search(line) for line in lines):
                return
            if attempt == _ATTEMPTS:
                raise
            sleep(_PAUSE)  # a container that is just being removed keeps its network
            continue
        return
