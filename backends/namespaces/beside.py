"""The root of what runs beside a node: Debian's packages alone, never what a lab has done to an image."""

import hashlib
from collections.abc import Iterable

from netdsl.codegen.images import BASE, Stage

from .model import Root

PACKAGES = ("busybox", "iproute2", "iputils-ping", "nftables", "perl-base", "tcpdump")
"""What captures packets and asks in a node's network. `perl-base` is in every Debian (policy manual, section 3.8)."""

_ESSENTIAL = {"perl-base"}


def beside_of(stages: Iterable[Stage]) -> Root:
    """That of the first image with these packages and without commands of the lab, else one of its own."""
    wanted = set(PACKAGES) - _ESSENTIAL
    for stage in stages:
        if not stage.runs and wanted <= set(stage.packages):
            return Root(stage.name, stage.packages, stage.runs)
    mark = hashlib.sha256(repr((BASE, PACKAGES)).encode()).hexdigest()[:12]
    return Root(f"beside-{mark}", PACKAGES, ())
