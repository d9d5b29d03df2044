"""The properties of the runtime of a lab of machines, and how its figures are measured."""

import re
from collections.abc import Iterator, Sequence
from shlex import quote

from netdsl.diagnostics.wording import counted
from netdsl.runtime.driver import Deployment, DriverError
from netdsl.runtime.meter import SPACES, Fact, per_node, tunnel_spaces

from . import vagrant
from .boxes import box_of
from .leftovers import element, libvirt
from .machines import Made, made_machines
from .reach import all_at_once, reach
from .ssh import Connection, Unreachable
from .virtualbox import shown, virtualbox_version

EMULATED = "none (QEMU emulates the processor)"
KVM = "KVM"
METHODS = (
    Fact(
        "memory",
        "PSS: the proportional set size of the machine's hypervisor process, QEMU or VBoxHeadless (smaps_rollup; root's to "
        "ask where libvirt runs it as another user): the guest's memory as far as it was touched, translated code, the "
        "hypervisor's own. cgroup: memory.current of the group that libvirt makes for the machine, where it makes one. "
        "Helpers: the DHCP servers (dnsmasq) of the lab's own networks; libvirt itself is in no figure.",
    ),
    Fact(
        "cpu",
        "Seconds of processor of that process, user and system, since the machine was started; Vagrant itself, and the "
        "kernel's own threads for KVM's network, are not in it.",
    ),
    Fact(
        "disk",
        "Bytes on disk: of the box as Vagrant keeps it and of libvirt's copy of it, once, and of each machine's own "
        "volume, which holds its changes of that copy.",
    ),
    Fact(
        "fresh boot",
        "The box is there as Vagrant keeps it, with the packages in it; libvirt's copy of it is taken away before. "
        "`netdsl up` imports the box, makes the machines, boots and provisions them. A public box, without the packages, "
        "takes longer: they are installed then. With VirtualBox the master of its linked clones stays.",
    ),
    Fact(
        "warm boot",
        "The machines are there, made, provisioned and shut down: `netdsl up` boots them; nothing is provisioned again.",
    ),
    Fact(
        "tools",
        "Ping and iperf3 run inside the machine, in a control group of their own: what they take is in its figures.",
    ),
)
_COMMAND = ("sh", "-c", f"uname -r; {SPACES[-1]}")
_PATIENCE = 60.0  # seconds


def facts_of(deployment: Deployment) -> tuple[Fact, ...]:
    """The facts of a running lab. Raises DriverError."""
    made = made_machines(deployment.folder)
    if not made:
        raise DriverError("the lab does not run", remedy=f"netdsl up -t vagrant -o {quote(str(deployment.folder))}")
    provider = made[0].provider
    described = _libvirt(deployment, made) if provider == "libvirt" else _virtualbox(made)
    found = (
        ("vagrant", _version(deployment)),
        *described,
        ("box", per_node({machine.name: box.title for machine in made if (box := box_of(machine)) is not None})),
        *_inside(deployment, made),
    )
    return tuple(Fact(name, value) for name, value in found if value)


def accelerator(kind: str | None) -> str:
    """The accelerator by the type of a libvirt domain."""
    match kind:
        case "kvm":
            return KVM
        case "qemu":
            return EMULATED
        case _:
            return f"unknown to netdsl: {kind}"


def hardware(memory_mib: int, processors: int) -> str:
    return f"{memory_mib} MiB, {counted(processors, 'processor')}"


def _version(deployment: Deployment) -> str:
    return vagrant.call(deployment.folder, "--version").output.strip()


def _libvirt(deployment: Deployment, made: Sequence[Made]) -> Iterator[tuple[str, str]]:
    answer = libvirt("version", "--daemon")
    if answer is None:
        raise DriverError("libvirt does not answer", command="virsh version", remedy="netdsl doctor -t vagrant")
    daemon = re.search(r"Running against daemon: (\S+)", answer)
    running = re.search(r"Running hypervisor: (.+)", answer)
    installed = vagrant.plugins(vagrant.call(deployment.folder, "plugin", "list", "--machine-readable").output)
    plugin = installed.get("vagrant-libvirt", "of unknown version")
    domains = {machine.name: element(libvirt("dumpxml", machine.id)) for machine in made}
    yield "provider", f"libvirt {daemon[1] if daemon else ''}, by vagrant-libvirt {plugin}"
    yield "hypervisor", running[1].strip() if running else ""
    yield "accelerator", per_node({node: accelerator(domain.get("type")) for node, domain in domains.items()})
    processors = {node: domain.findtext("cpu/model") or "the host's" for node, domain in domains.items()}
    yield "processor", per_node(processors)
    sizes = {
        node: hardware(int(domain.findtext("memory") or 0) // 1024, int(domain.findtext("vcpu") or 1))
        for node, domain in domains.items()
    }
    yield "machines", per_node(sizes)
    yield "networks", "bridges without an address of the host"


def _virtualbox(made: Sequence[Made]) -> Iterator[tuple[str, str]]:
    properties = {machine.name: shown(machine.id) for machine in made}
    yield "provider", f"VirtualBox {virtualbox_version()}"
    yield "accelerator", "the processor's virtualization (VirtualBox has no emulation)"
    sizes = {node: hardware(int(vm.get("memory", "0")), int(vm.get("cpus", "1"))) for node, vm in properties.items()}
    yield "machines", per_node(sizes)
    yield "networks", "internal networks of VirtualBox"


def _inside(deployment: Deployment, made: Sequence[Made]) -> Iterator[tuple[str, str]]:
    """The facts from inside the machines, of those that answer."""
    outputs = all_at_once(_output_of, reach(deployment.folder, made).connections.items())
    answers = {node: output.partition("\n") for node, output in outputs if output}
    if not answers:
        raise DriverError("no machine answers", remedy=f"netdsl status -t vagrant -o {quote(str(deployment.folder))}")
    yield "kernel", f"{per_node({node: kernel for node, (kernel, _, _) in answers.items()})} (each machine's own)"
    yield "tunnels", tunnel_spaces({node: spaces for node, (_, _, spaces) in answers.items()})


def _output_of(item: tuple[str, Connection]) -> tuple[str, str]:
    node, connection = item
    try:
        return node, connection.ask(_COMMAND, timeout=_PATIENCE).output
    except Unreachable:
        connection.close()
        return node, ""
