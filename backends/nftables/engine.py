"""The filter engine `nftables`: `guard.nft` for all nodes, `filter.nft` and `while/` for each."""

from netdsl.ir.lab import Lab
from netdsl.ir.node import Node
from netdsl.payload.contract import PayloadFile

from .filter import filter_files
from .guard import guard_file


class NftablesEngine:
    def shared(self, lab: Lab) -> tuple[PayloadFile, ...]:
        return (guard_file(lab),)

    def files(self, node: Node) -> tuple[PayloadFile, ...]:
        return filter_files(node)


engine = NftablesEngine()
