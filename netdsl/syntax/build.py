"""The builder of the syntax tree: one method for each rule of the grammar."""

from netdsl.syntax.build_expect import ExpectBuilder
from netdsl.syntax.build_filter import FilterBuilder
from netdsl.syntax.build_language import LanguageBuilder
from netdsl.syntax.build_network import NetworkBuilder
from netdsl.syntax.build_tunnel import TunnelBuilder


class Builder(LanguageBuilder, NetworkBuilder, FilterBuilder, TunnelBuilder, ExpectBuilder):
    """Everything the grammar has."""
