"""The settings of `target vagrant { … }` and `--set`: which there are (SETTINGS), and what they may be."""

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from netdsl.codegen.contract import Options
from netdsl.codegen.pools import public_pool
from netdsl.dataclass import dataclass
from netdsl.ir.lab import Lab

TARGET = "vagrant"
PROVIDERS = ("libvirt", "virtualbox")
ACCELERATORS = ("kvm", "tcg")
OF_IMAGE = "box."
"""`box.IMAGE`: the box of the nodes with that image."""

_BOX = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)?", re.ASCII)
_LARGEST_POOL, _SMALLEST_POOL = 8, 26


@dataclass(frozen=True, slots=True)
class Settings:
    """What was said; None where nothing was. `boxes` by image."""

    provider: str | None
    accelerator: str | None
    box: str | None
    pool: IPv4Network | None
    boxes: Mapping[str, str]


def settings_of(lab: Lab, options: Options) -> Settings:
    """The settings of a lab that has been checked: the command line's before the lab's; boxes are the former's alone."""
    said: dict[str, str] = {}
    for one in lab.settings:
        if one.target == TARGET:
            said.setdefault(one.key, one.value)
    said |= options.settings
    return Settings(
        provider=options.provider or said.get("provider"),
        accelerator=said.get("accelerator"),
        box=options.settings.get("box"),
        pool=IPv4Network(said["pool"]) if "pool" in said else None,
        boxes={
            key.removeprefix(OF_IMAGE): value for key, value in options.settings.items() if key.startswith(OF_IMAGE)
        },
    )


def _provider_problem(value: str) -> str | None:
    return None if value in PROVIDERS else f"there is no provider `{value}`; there are {', '.join(PROVIDERS)}"


def _accelerator_problem(value: str) -> str | None:
    return None if value in ACCELERATORS else f"there is no accelerator `{value}`; there are {', '.join(ACCELERATORS)}"


def _box_problem(value: str) -> str | None:
    return None if _BOX.fullmatch(value) and len(value) <= 128 else f"`{value}` is no name of a box"


def _pool_problem(value: str) -> str | None:
    try:
        pool = IPv4Network(value)
    except (AddressValueError, NetmaskValueError, ValueError):
        return f"`{value}` is no IPv4 prefix"
    if not _LARGEST_POOL <= pool.prefixlen <= _SMALLEST_POOL:
        return f"`{value}` is no pool of a size from /{_LARGEST_POOL} to /{_SMALLEST_POOL}"
    if (
        pool.is_multicast
        or pool.is_loopback
        or pool.is_link_local
        or pool.is_reserved
        or pool.network_address.packed[0] == 0
    ):
        return f"`{value}` holds no addresses for machines"
    return None


def _of_caller(value: str) -> str:
    return f"`{value}` is a box, and a box brings programs that run on this machine"


OF_CALLER = {"box": _of_caller, "box.IMAGE": _of_caller, "pool": public_pool}
"""What a source cannot say of them. Providers and accelerators are words of two, of software that is here."""

SETTINGS = {
    "provider": _provider_problem,
    "accelerator": _accelerator_problem,
    "box": _box_problem,
    "pool": _pool_problem,
    "box.IMAGE": _box_problem,
}
