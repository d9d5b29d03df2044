"""Networks, nodes, interfaces, routes, and what a node runs."""

from lark import Token, v_args

from netdsl.diagnostics.catalogue import FOREIGN_WORD, SYNTAX_ERROR
from netdsl.source import Place
from netdsl.syntax.build.values import BaseBuilder
from netdsl.syntax.tree import (
    Assignment,
    Attribute,
    Body,
    Delegate,
    File,
    Image,
    Interface,
    Kind,
    Link,
    Literal,
    Loopback,
    Neighbour,
    Network,
    Node,
    Record,
    Route,
    Routing,
    Run,
    Serve,
    Service,
    Side,
    Splice,
    Uplink,
    Value,
)


@v_args(inline=True)
class NetworkBuilder(BaseBuilder):
    def service(self, word: Token, name: Value, _equals: Token, values: list[Value]) -> Service:
        return Service(name, tuple(values), self._span(word, values))

    def network(self, word: Token, name: Value, prefixes: list[Value] | None, body: Body | None) -> Network:
        self._refuse_quotes(prefixes)
        return Network(name, tuple(prefixes or ()), body, self._span(word, body or prefixes or name))

    def link(
        self,
        word: Token,
        left: Value,
        _dashes: Token,
        right: Value,
        prefixes: list[Value] | None,
        body: Body | None,
    ) -> Link:
        self._refuse_quotes(prefixes)
        return Link(left, right, tuple(prefixes or ()), body, self._span(word, body or prefixes or right))

    def node(self, word: Token, name: Value, body: Body | None) -> Node:
        for statement in body.statements if body else ():
            if isinstance(statement, Side) and statement.role == "gateway":
                self._foreign_gateway(statement)
        return Node(word.value, name, body, self._span(word, body or name))

    def _foreign_gateway(self, side: Side) -> None:
        first = side.nodes[0]
        word = Place(side.span)
        text = f"`default via {first.span.text}`"
        self.diagnostics.report(
            FOREIGN_WORD, "`gateway` is a tunnel's end; a node has a default route", word, help=text
        )

    def interface(
        self,
        word: Token,
        name: Value,
        _on: Token | None,
        network: Value | None,
        addresses: list[Value] | None,
        body: Body | None,
    ) -> Interface:
        self._refuse_quotes(addresses)
        span = self._span(word, body or addresses or network or name)
        return Interface(name, network, tuple(addresses or ()), body, span)

    def interface_on(
        self, word: Token, _on: Token, network: Value, addresses: list[Value] | None, body: Body | None
    ) -> Interface:
        self._refuse_quotes(addresses)
        span = self._span(word, body or addresses or network)
        return Interface(None, network, tuple(addresses or ()), body, span)

    def route(self, word: Token, prefixes: list[Value], _via: Token, hops: list[Value]) -> Route:
        self._refuse_quotes(prefixes)
        self._refuse_quotes(hops)
        return Route(tuple(prefixes), tuple(hops), self._span(word, hops))

    def default_route(self, word: Token, _via: Token, hops: list[Value]) -> Route:
        self._refuse_quotes(hops)
        return Route(None, tuple(hops), self._span(word, hops))

    def routing(self, word: Token, mode: Token) -> Routing:
        return Routing(mode.value, self._span(word, mode))

    def loopback(self, word: Token, addresses: list[Value]) -> Loopback:
        self._refuse_quotes(addresses)
        return Loopback(tuple(addresses), self._span(word, addresses))

    def neighbour(self, word: Token, address: Value, mac: Value) -> Neighbour:
        self._refuse_quotes((address, mac))
        return Neighbour(address, mac, self._span(word, mac))

    def uplink(self, word: Token, kind: Token) -> Uplink:
        return Uplink(kind.value, self._span(word, kind))

    def serve(self, word: Token, kind: Value, second: Value | None, third: Value | None, body: Body | None) -> Serve:
        """With one value after the kind, it is the service if it looks like one, else the name."""
        name, service = second, third
        if third is None and second is not None and _is_service(second):
            name, service = None, second
        if isinstance(name, Literal) and name.text in ("on", "at", "port"):
            message = f"expected a value, `{{` or the end of the line, found `{name.text}`"
            self.diagnostics.report(SYNTAX_ERROR, message, Place(name.span), help=f"`serve {kind.span.text} tcp/PORT`")
        return Serve(kind, name, service, body, self._span(word, body or third or second or kind))

    def file(self, word: Token, path: Value, _from: Token, origin: Value) -> File:
        return File(path, origin, self._span(word, origin))

    def run(self, word: Token, command: Value) -> Run:
        return Run(command, self._span(word, command))

    def assignment(self, word: Token, key: Value, _equals: Token, value: Value) -> Assignment:
        return Assignment(word.value, key, value, self._span(word, value))

    def setting(self, key: Value, _equals: Token, value: Value) -> Assignment:
        return Assignment("", key, value, self._span(key, value))

    def record(self, word: Token, name: Value, _arrow: Token, target: Value) -> Record:
        return Record(name, (target,), self._span(word, target))

    def record_of_type(self, word: Token, name: Value, kind: Token, value: Value, second: Value | None) -> Record:
        values = (value,) if second is None else (value, second)
        return Record(name, values, self._span(word, values[-1]), kind.value)

    def delegate(self, word: Token, name: Value, _to: Token, servers: list[Value]) -> Delegate:
        return Delegate(name, tuple(servers), self._span(word, servers))

    def image(self, word: Token, name: Value, body: Body | None) -> Image | Attribute:
        """`image x { … }` makes one; `image x` in a node takes one."""
        if body is None:
            return Attribute(word.value, (name,), None, self._span(word, name))
        return Image(name, body, self._span(word, body))

    def attribute(
        self,
        word: Token,
        values: list[Value] | None,
        more: list[Value] | None,
        _of: Token | None,
        of: Value | None,
        nodes: list[Value] | None,
        body: Body | None,
    ) -> Attribute:
        taken = (*(values or ()), *(more or ()), *((of,) if of else ()))
        last = body or nodes or of or more or values or word
        return Attribute(word.value, taken, body, self._span(word, last), tuple(nodes or ()))


def _is_service(value: Value) -> bool:
    match value:
        case Literal(kind=Kind.SERVICE):
            return True
        case Splice(parts=(str(text), *_)):
            return "/" in text
        case Splice(parts=(_,)):
            return True
        case _:
            return False
