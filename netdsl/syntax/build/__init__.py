"""The builder of the syntax tree: one method for each rule of the grammar, a class for each part, a kind's own last."""

from typing import Protocol, cast

from netdsl.index import modules
from netdsl.syntax.build.expect import ExpectBuilder
from netdsl.syntax.build.filter import FilterBuilder
from netdsl.syntax.build.language import LanguageBuilder
from netdsl.syntax.build.network import NetworkBuilder
from netdsl.syntax.build.tunnel import TunnelBuilder
from netdsl.syntax.build.values import BaseBuilder

_PARTS: tuple[type[BaseBuilder], ...] = (LanguageBuilder, NetworkBuilder, FilterBuilder, TunnelBuilder, ExpectBuilder)


class Share(Protocol):
    """The module `netdsl.kinds.KIND.build`."""

    Builder: type[BaseBuilder]


def builder() -> BaseBuilder:
    """Everything the grammar has."""
    kinds = [cast(Share, module).Builder for _, module in modules("build")]
    return cast(type[BaseBuilder], type("Builder", (*_PARTS, *kinds), {}))()
