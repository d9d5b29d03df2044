"""The builder of the syntax tree: one method for each rule of the grammar."""

from netdsl.syntax.build.expect import ExpectBuilder
from netdsl.syntax.build.filter import FilterBuilder
from netdsl.syntax.build.language import LanguageBuilder
from netdsl.syntax.build.network import NetworkBuilder
from netdsl.syntax.build.tunnel import TunnelBuilder


class Builder(LanguageBuilder, NetworkBuilder, FilterBuilder, TunnelBuilder, ExpectBuilder):
    """Everything the grammar has."""
