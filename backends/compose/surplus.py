"""What the engine has of a project beyond its files: nodes and networks that were removed or renamed, networks that are
made otherwise now. `removal` takes away."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from shlex import quote

from netdsl.dataclass import dataclass
from netdsl.runtime.driver import Deployment, DriverError

from .inventory import EngineContainer, EngineNetwork, all_containers, companions_of, networks_of
from .removal import refuse_guests


@dataclass(frozen=True, slots=True)
class WantedNetwork:
    """A network of the files. `options`: without empty ones, as a parent that is not known yet."""

    driver: str
    subnets: tuple[str, ...]
    is_internal: bool
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The project as its files have it. Networks by what the files call them; None: one that the project only uses."""

    services: frozenset[str]
    networks: Mapping[str, WantedNetwork | None]


@dataclass(frozen=True, slots=True)
class Surplus:
    """What has to go before the project is started, and what of it the user is told."""

    containers: tuple[EngineContainer, ...] = ()
    networks: tuple[EngineNetwork, ...] = ()
    texts: tuple[str, ...] = ()


def surplus_of(deployment: Deployment, config: Mapping[str, object]) -> Surplus:
    """By what the engine has now; `config`: what `docker compose config` says. Raises DriverError, also as `surplus`."""
    containers = all_containers()
    _refuse_other_project(deployment, containers)
    own = [container for container in containers if container.project == deployment.project]
    return surplus(deployment, wanted(config), own, networks_of(deployment.project), companions_of(own))


def foreign_containers(deployment: Deployment) -> list[EngineContainer]:
    """Those of the project that are not the lab's. Raises DriverError."""
    own = [container for container in all_containers() if container.project == deployment.project]
    return _foreign(deployment, own)


def wanted(config: Mapping[str, object]) -> Wanted:
    """From what `docker compose config` says."""
    networks = _map(config.get("networks"))
    return Wanted(
        frozenset(_map(config.get("services"))), {key: _wanted_network(_map(networks[key])) for key in networks}
    )


def surplus(
    deployment: Deployment,
    project: Wanted,
    containers: Iterable[EngineContainer],
    networks: Iterable[EngineNetwork],
    companions: Mapping[str, str],
) -> Surplus:
    """`containers`, `networks`: of this project; `companions`: the nodes' containers by those beside them.

    Raises DriverError where something that is not the lab's is in the way; then nothing has to be taken away.
    """
    own = tuple(containers)
    _refuse_foreign(deployment, own)
    nodes = [container for container in own if not container.is_beside]
    ghosts = [container for container in nodes if container.service not in project.services]
    gone = [network for network in networks if network.mark and network.key not in project.networks]
    changed = [network for network in networks if _is_otherwise(network, project)]
    going = {network.name: network for network in (*gone, *changed)}
    anew = [container for container in nodes if container not in ghosts and going.keys() & set(container.networks)]
    refuse_guests(going.values(), own)
    leaving = {container.id for container in (*ghosts, *anew)}
    staying = {container.id for container in nodes if container.state == "running"} - leaving
    beside = [container for container in own if container.is_beside and companions.get(container.id) not in staying]
    texts = (
        *(f"the node {container.service}, which the lab has no more" for container in ghosts),
        *(f"the network {network.key}, which the lab has no more" for network in gone),
        *(f"the network {network.key}, to make it anew: it has changed" for network in changed),
        *(f"the node {container.service}, to make it anew: {_which(container, going)}" for container in anew),
    )
    return Surplus((*beside, *ghosts, *anew), tuple(going.values()), texts)


def _refuse_foreign(deployment: Deployment, containers: Sequence[EngineContainer]) -> None:
    """Raises DriverError where a project of this name has a container that is not the lab's."""
    found = _foreign(deployment, containers)
    if found:
        raise DriverError(
            f"the container `{found[0].name}` of a Compose project `{deployment.project}` is not netdsl's",
            remedy="give this lab a name of its own (--project NAME), or take that project away",
        )


def _refuse_other_project(deployment: Deployment, containers: Iterable[EngineContainer]) -> None:
    """Raises DriverError where the folder runs under another name already: its files are in those nodes."""
    here, folder = _names(deployment), deployment.folder
    for container in containers:
        if container.node and container.folder in here and container.project != deployment.project:
            down = f"netdsl down -o {quote(str(folder))} --project {container.project}"
            raise DriverError(
                f"the lab of {folder} runs already, as `{container.project}`",
                remedy=f"{down}; or compile this one to another folder (-o)",
            )


def _foreign(deployment: Deployment, containers: Iterable[EngineContainer]) -> list[EngineContainer]:
    """Those that have neither netdsl's labels nor the lab's own folder, as what compose.override.yaml makes has it."""
    here = _names(deployment)
    return [container for container in containers if not container.is_netdsls and container.folder not in here]


def _names(deployment: Deployment) -> frozenset[str]:
    return frozenset((str(deployment.folder.absolute()), str(deployment.folder.resolve())))


def _is_otherwise(network: EngineNetwork, project: Wanted) -> bool:
    want = project.networks.get(network.key)
    if want is None or not network.mark:
        return False
    return (
        network.driver != want.driver
        or network.subnets != want.subnets
        or network.is_internal != want.is_internal
        or any(network.options.get(key) != value for key, value in want.options.items())
    )


def _which(container: EngineContainer, going: Mapping[str, EngineNetwork]) -> str:
    keys = [going[name].key for name in container.networks if name in going]
    return f"it is in {', '.join(sorted(keys))}"


def _wanted_network(entry: Mapping[str, object]) -> WantedNetwork | None:
    if entry.get("external"):
        return None
    options = {key: str(value) for key, value in _map(entry.get("driver_opts")).items() if str(value)}
    subnets = tuple(sorted(_subnets(_map(entry.get("ipam")).get("config"))))
    return WantedNetwork(str(entry.get("driver", "bridge")), subnets, entry.get("internal") is True, options)


def _subnets(ranges: object) -> Iterator[str]:
    for entry in ranges if isinstance(ranges, list) else ():
        subnet = str(_map(entry).get("subnet", ""))
        try:
            yield str(ip_network(subnet))
        except ValueError:
            yield subnet


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
