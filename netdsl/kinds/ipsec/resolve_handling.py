"""What is done to a child's packets beside encrypting them: `ipcomp`, `copy-dscp`."""

from netdsl.kinds.ipsec.ir import DscpCopy, Handling
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work

FOREIGN_COPIES = {"yes": "both", "no": "none"}


def handling(block: Block, whole: Handling, work: Work) -> Handling:
    """A child's own lines before the tunnel's."""
    is_compressed = attributes.yes_or_no(block.attribute("ipcomp"), whole.is_compressed, work.diagnostics)
    value = attributes.only_value(block.attribute("copy-dscp"), work.diagnostics)
    if value is None:
        return Handling(is_compressed, whole.copy_dscp)
    ways = tuple(str(way) for way in DscpCopy)
    name = attributes.word_among(value, ways, "where DSCP is copied to", work.diagnostics, FOREIGN_COPIES)
    return Handling(is_compressed, whole.copy_dscp if name is None else DscpCopy(name))
