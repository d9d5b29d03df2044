"""The project as text of compose.yaml. No decisions."""

from netdsl.codegen.limits import PERIOD, Limits
from netdsl.codegen.yaml import Anchor, Data, dump
from netdsl.payload.contract import HOSTS

from .model import LAB, NETWORK, NODE, Attachment, ComposeNetwork, ComposeService, Project

_HEADER = """\
# Made by netdsl from the lab `{lab}`. Start it with
#   ./parents.sh up && docker compose up --build --wait --remove-orphans
# and take it away with
#   docker compose down --remove-orphans && ./parents.sh down
# Changes belong into compose.override.yaml, which Compose reads beside this file.
"""

# The check waits up to twenty seconds in the node: a process every 200 ms per node would saturate a small machine.
_READY = ("CMD", "/bin/sh", "/netdsl/lab/node.sh", "ready", "20")

# Folders in memory, which is the node's own. The keys, below /run, are never written to the engine's disk.
_FOLDER = "{}:mode=0755,size=64m"
_WRITTEN = (_FOLDER.format("/run"), "/tmp:mode=1777,size=64m")  # noqa: S108 - of a node
_KEYS = _FOLDER.format("/run/netdsl")


def compose_text(project: Project) -> str:
    common = _common(project.limits)
    data: dict[str, Data] = {
        "name": project.name,
        "x-node": common,
        "services": {service.key: _service(service, project, common) for service in project.services},
        "networks": {network.key: _network(network, project) for network in project.networks},
    }
    lab = "".join(character if character.isprintable() else " " for character in project.lab)
    return _HEADER.format(lab=lab) + dump(data)


def _common(limits: Limits) -> Anchor:
    return Anchor(
        "node",
        {
            "entrypoint": ["/bin/sh", "/netdsl/lab/node.sh"],
            "command": ["start"],
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "read_only": True,
            "tmpfs": list(_WRITTEN),
            "mem_limit": str(limits.memory),
            "cpu_period": PERIOD,
            "cpu_quota": limits.quota,
            "pids_limit": limits.processes,
            "logging": {"driver": "local", "options": {"max-size": "4m", "max-file": "2"}},
            "stop_grace_period": "5s",
            "healthcheck": {
                "test": list(_READY),
                "start_period": "90s",
                "start_interval": "200ms",
                "interval": "5m",
                # A check waits 20 s inside. One that is killed on a busy machine, and begun again, makes it busier.
                "timeout": "2m",
                "retries": 1,
            },
        },
    )


def _service(service: ComposeService, project: Project, common: Anchor) -> Data:
    data: dict[str, Data] = {"<<": common, "image": service.image}
    if service.builds is None:
        data["pull_policy"] = "never"
    else:
        data["build"] = {"context": ".", "target": service.builds}
    data["hostname"] = service.host_name
    data["cap_add"] = list(service.capabilities)
    if service.devices:
        data["devices"] = [f"{device}:{device}" for device in service.devices]
    if service.limits.cpu != project.limits.cpu:
        data["cpu_quota"] = service.limits.quota
    if service.limits.memory != project.limits.memory:
        data["mem_limit"] = str(service.limits.memory)
    data.update(_root(service))
    if service.environment:
        data["environment"] = {key: literal(value) for key, value in service.environment}
    if service.sysctls:
        data["sysctls"] = {key: literal(value) for key, value in service.sysctls}
    data["networks"] = {attachment.network: _attachment(attachment) for attachment in service.attachments}
    if not service.attachments:
        del data["networks"]
        data["network_mode"] = "none"
    data["volumes"] = list(_volumes(service, project))
    data["labels"] = {
        LAB: literal(project.lab),
        NODE: literal(service.node),
        "netdsl.payload": service.digest,
    }
    return data


def _root(service: ComposeService) -> dict[str, Data]:
    """What differs from most nodes, whose root is read-only."""
    if service.writes is None:
        return {"read_only": False, "tmpfs": [] if service.credentials is None else [_KEYS]}
    if service.writes:
        return {"tmpfs": [*_WRITTEN, *map(_FOLDER.format, service.writes)]}
    return {}


def _volumes(service: ComposeService, project: Project) -> tuple[Data, ...]:
    volumes: tuple[Data, ...] = (
        _mount(f"./{literal(project.lab_folder)}", "/netdsl/lab"),
        _mount(f"./{literal(service.payload_folder)}", "/netdsl/node"),
    )
    if service.writes is not None:  # the engine's own are read-only there, with what the engine writes into them
        hosts = _mount(f"./{literal(project.lab_folder)}/{HOSTS}", "/etc/hosts")
        volumes = (*volumes, hosts, _mount(f"./{literal(service.resolvers)}", "/etc/resolv.conf"))
    if service.credentials is None:
        return volumes
    store = f"${{NETDSL_CREDENTIALS:-{literal(project.credentials_folder)}}}"
    return (*volumes, _mount(f"{store}/{literal(service.credentials)}", "/netdsl/credentials"))


def _mount(source: str, target: str) -> Data:
    return {
        "type": "bind",
        "source": source,
        "target": target,
        "read_only": True,
        "bind": {"create_host_path": False},
    }


def _attachment(attachment: Attachment) -> Data:
    data: dict[str, Data] = {}
    if attachment.mac is not None:
        data["mac_address"] = attachment.mac
    if attachment.address is not None:
        data["ipv4_address"] = str(attachment.address)
    return data


def _network(network: ComposeNetwork, project: Project) -> Data:
    data: dict[str, Data] = {"driver": network.driver}
    options: dict[str, Data] = {}
    if network.parent_variable is not None:
        options["parent"] = f"${{{network.parent_variable}:-}}"
        if network.mode is not None:
            options[f"{network.driver}_mode"] = network.mode
    elif network.key != "uplink":
        # without an IPv4 address of the host; not `internal`, because such a bridge drops packets from the lab's addresses
        options["com.docker.network.bridge.inhibit_ipv4"] = "true"
        options["com.docker.network.bridge.enable_ip_masquerade"] = "false"
    if options:
        data["driver_opts"] = options
    if network.is_internal:
        data["internal"] = True
    data["ipam"] = {"config": [{"subnet": str(network.subnet)}]}
    data["labels"] = {LAB: literal(project.lab), NETWORK: network.key}
    return data


def literal(text: str) -> str:
    """A string that Compose does not interpolate: every `$` doubled."""
    return text.replace("$", "$$")
