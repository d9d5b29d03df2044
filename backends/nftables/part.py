"""The filter engine `nftables`: `guard.nft` for all nodes, `filter.nft` and `while/` for each."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import Needs, PayloadFile
from netdsl.payload.filters import FilterFeature
from netdsl.payload.part import Share, scripts

from .filter import filter_files
from .guard import guard_file


class NftablesPart:
    name = "nftables"
    features = frozenset(FilterFeature)

    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return (*scripts(__package__, "part.sh"), guard_file(lab))

    def share(self, node: Node, lab: Lab) -> Share:
        packages = ("conntrack", "nftables") if node.tunnels else ("nftables",)  # `while` rules have flows forgotten
        return Share(filter_files(node), Needs(packages))


part = NftablesPart()
