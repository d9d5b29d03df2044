"""How the ends of a tunnel prove who they are: `auth`, `identity`, `secret`."""

from dataclasses import field, replace

from netdsl.dataclass import dataclass
from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Label
from netdsl.ir.ids import NodeId, PkiId
from netdsl.kinds.ipsec import tree
from netdsl.kinds.ipsec.bindings import BoundAuth
from netdsl.kinds.ipsec.catalogue import AUTH_MISMATCH, SECRET_MISSING
from netdsl.kinds.ipsec.ir import AuthMethod
from netdsl.semantics.bindings import Placed
from netdsl.semantics.items import Item, Scope
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.ends import Members, ends_named, name_place
from netdsl.semantics.resolve.pki import identity_problem, nearest_pkis
from netdsl.semantics.resolve.placement import Block
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.values import Value, Word
from netdsl.source import Place
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

NOT_IN_DEBIAN = {"eap-peap": "`eap-ttls` is a password inside of TLS too"}
"""Methods without a plug-in in Debian 13 (strongswan 6.0.1-6: libcharon-extra-plugins, libcharon-extauth-plugins)."""
WITH_SECRET = (AuthMethod.PSK, *(method for method in AuthMethod if method.has_password))


@dataclass(slots=True, eq=False)
class _Round:
    method: AuthMethod
    pki: PkiId | None
    secret: str | None


@dataclass(slots=True, eq=False)
class _Proof:
    """What the lines say for one node."""

    rounds: tuple[_Round, ...]
    place: Place
    is_named: bool
    identity: str | None = None

    @property
    def methods(self) -> tuple[AuthMethod, ...]:
        return tuple(one.method for one in self.rounds)

    @property
    def with_secret(self) -> list[_Round]:
        return [one for one in self.rounds if one.method in WITH_SECRET]


@dataclass(slots=True, eq=False)
class _Proofs:
    found: dict[NodeId, _Proof] = field(default_factory=dict)
    is_right: bool = True


def authentication(block: Block, item: Item, members: Members, work: Work) -> dict[NodeId, BoundAuth] | None:
    """Each end's authentication; None once reported.

    Reports missing-statement, repeated-statement, auth-mismatch, secret-missing, wrong-element.
    """
    proofs = _Proofs()
    for statement, line in block.of(tree.Auth):
        if statement.owner is None:
            _auth(statement, line, members, proofs, work)
    if proofs.is_right:
        _complete(item, members, proofs, work)
    for secret, line in block.of(tree.Secret):
        _secret(secret, line, members, proofs, work)
    for identity, line in block.of(tree.Identity):
        if identity.owner is None:
            _identity(identity, line, members, proofs, work)
    if not proofs.is_right:
        return None
    return {node: _bound(proofs.found[node]) for node in members.nodes}


def _bound(proof: _Proof) -> BoundAuth:
    found: BoundAuth | None = None
    for one in reversed(proof.rounds):
        found = BoundAuth(one.method, one.pki, one.secret, proof.identity, proof.place, found)
    assert found is not None, "an `auth` without a method"
    return found


def _rounds(statement: tree.Auth, item: Item, work: Work) -> tuple[_Round, ...] | None:
    found = [_round(proof, item, work) for proof in statement.proofs]
    rounds = tuple(one for one in found if one is not None)
    return rounds if len(rounds) == len(found) and _differ(rounds, statement, item, work) else None


def _auth(statement: tree.Auth, item: Item, members: Members, proofs: _Proofs, work: Work) -> None:
    named = ends_named(statement.nodes, item, members, work) if statement.nodes else []
    rounds = _rounds(statement, item, work)
    if named is None or rounds is None:
        proofs.is_right = False
        return
    targets = named or [Placed(node, item.place) for node in members.nodes]
    for target in targets:
        own = tuple(_Round(one.method, one.pki, one.secret) for one in rounds)
        if not _add(target, _Proof(own, item.place, bool(named)), proofs, work):
            return


def _round(proof: tree.Proof, item: Item, work: Work) -> _Round | None:
    if proof.method in NOT_IN_DEBIAN:
        message = f"strongSwan as Debian builds it has no `{proof.method}`"
        work.diagnostics.report(AUTH_MISMATCH, message, item.at(proof.span), help=NOT_IN_DEBIAN[proof.method])
        return None
    method = AuthMethod(proof.method)
    pki = _pki(proof, method, item, work)
    secret = _text(proof.secret, item, work) if proof.secret is not None else None
    if proof.secret is not None and method not in WITH_SECRET:
        message = f"`auth {method}` takes no secret"
        work.diagnostics.report(AUTH_MISMATCH, message, item.at(proof.secret.span))
        return None
    is_right = (pki is not None or not method.has_certificate) and (secret is not None or proof.secret is None)
    return _Round(method, pki, secret) if is_right else None


def _differ(rounds: tuple[_Round, ...], statement: tree.Auth, item: Item, work: Work) -> bool:
    """Each round proves something else: no method twice, and one certificate, one key of EAP."""
    seen: set[str] = set()
    for one, proof in zip(rounds, statement.proofs, strict=True):
        what = "eap" if one.method.is_eap else str(one.method)
        mine = {what, "certificate"} if one.method.has_certificate else {what}
        if mine & seen:
            message = f"`{one.method}` proves nothing that the rounds before it have not"
            advice = "as in `auth certificate and eap-md5 for NODE`"
            work.diagnostics.report(AUTH_MISMATCH, message, item.at(proof.span), help=advice)
            return False
        seen |= mine
    return True


def _add(target: Placed[NodeId], proof: _Proof, proofs: _Proofs, work: Work) -> bool:
    """What names a node beats what names none; the same twice is False once reported."""
    earlier = proofs.found.get(target.value)
    if earlier is None or (proof.is_named and not earlier.is_named):
        proofs.found[target.value] = proof
        return True
    if earlier.is_named and not proof.is_named:
        return True
    work.diagnostics.report(
        catalogue.REPEATED_STATEMENT,
        f"`{target.value}` authenticates in two ways",
        proof.place,
        related=(Label(earlier.place, "the first one"),),
        help="one `auth` for all ends, or `auth … for NODE` for each",
    )
    proofs.is_right = False
    return False


def _complete(item: Item, members: Members, proofs: _Proofs, work: Work) -> None:
    """Every end has a way, and one that it can have."""
    for node in members.nodes:
        proof = proofs.found.get(node)
        if proof is None:
            whose = "" if not proofs.found else f" for `{node}`"
            work.diagnostics.report(
                catalogue.MISSING_STATEMENT,
                f"the tunnel `{members.tunnel}` has no `auth`{whose}",
                name_place(item),
                help=f"`auth certificate{whose.replace('`', '')}`, or `auth psk{whose.replace('`', '')}`",
            )
            proofs.is_right = False
            return
        problem = _problem(node, proof, members, proofs)
        if problem is not None:
            message, advice = problem
            work.diagnostics.report(AUTH_MISMATCH, message, proof.place, help=advice)
            proofs.is_right = False
            return


def _problem(node: NodeId, proof: _Proof, members: Members, proofs: _Proofs) -> tuple[str, str] | None:
    """Why a node cannot prove itself so, and what is right. Every end before it has a proof."""
    method = next((one for one in proof.methods if one.is_eap), None)
    if method is None:
        return None
    if members.gateway is None:
        message = f"`{method}` is for the clients of a tunnel, this one has none"
        return message, "`auth certificate` or `auth psk`; or a `gateway` and a `client` in place of `between`"
    if node == members.gateway:
        message = f"`{method}` is for the clients of a tunnel, `{node}` is the gateway"
        return message, f"`auth certificate for {node}`, and `auth {method} for` the clients"
    shown = proofs.found.get(members.gateway)
    if method.needs_server_certificate and shown is not None and all(one.pki is None for one in shown.rounds):
        message = f"`{method}` of `{node}` needs a certificate of the gateway `{members.gateway}`"
        return message, f"`auth certificate for {members.gateway}`"
    return None


def _pki(statement: tree.Proof, method: AuthMethod, item: Item, work: Work) -> PkiId | None:
    if statement.pki is not None:
        placed = attributes.placed(statement.pki, item, work.diagnostics)
        element = None if placed is None else work.element(placed, (ElementKind.PKI,), "a pki's name")
        if element is None:
            return None
        if method.has_certificate:
            return PkiId(element.path)
        message = f"`auth {method}` takes no certificate"
        work.diagnostics.report(AUTH_MISMATCH, message, item.at(statement.pki.span))
        return None
    return _nearest_pki(item.scope, item.place, work) if method.has_certificate else None


def _nearest_pki(scope: Scope, place: Place, work: Work) -> PkiId | None:
    """The pki of the nearest scope that has one; None once reported that it has several."""
    found = nearest_pkis(scope, work)
    if len(found) > 1:
        names = " or ".join(f"`from {path}`" for path in found)
        message = f"certificates can come from {len(found)} authorities here"
        work.diagnostics.report(AUTH_MISMATCH, message, place, help=f"say which: {names}")
        return None
    return found[0]


def _text(value: syntax.Value, item: Item, work: Work) -> str | None:
    """A secret: a string that is not empty and has no character that files of secrets cannot hold."""
    placed = attributes.placed(value, item, work.diagnostics)
    text = None if placed is None else attributes.text(placed, work.diagnostics)
    if text is None or placed is None:
        return None
    if not text:
        work.diagnostics.report(SECRET_MISSING, "the secret is empty", placed.place)
        return None
    if any(character in text for character in "\n\r\0"):
        message = "a secret is one line of text"
        work.diagnostics.report(catalogue.BAD_LITERAL, message, placed.place)
        return None
    return text


def _secret(statement: tree.Secret, item: Item, members: Members, proofs: _Proofs, work: Work) -> None:
    text = _text(statement.secret, item, work)
    named = ends_named(statement.nodes, item, members, work) if statement.nodes else []
    if text is None or named is None:
        proofs.is_right = False
        return
    if not proofs.is_right:
        return
    targets = [target.value for target in named] or [node for node in members.nodes if proofs.found[node].with_secret]
    needless = [node for node in targets if not proofs.found[node].with_secret]
    several = [node for node in targets if len(proofs.found[node].with_secret) > 1]
    if needless or several or not targets:
        whose = f"`{(needless or several)[0]}`" if needless or several else f"nobody in `{members.tunnel}`"
        message = f"a secret for {whose}, who authenticates without one"
        advice = f"secrets are for {', '.join(f'`auth {method}`' for method in WITH_SECRET)}"
        if several and not needless:
            message = f"a secret for {whose}, who has two"
            advice = 'each in its place: `auth psk "SECRET" and eap-md5 "SECRET" for NODE`'
        work.diagnostics.report(SECRET_MISSING, message, item.place, help=advice)
        proofs.is_right = False
        return
    for node in targets:
        proofs.found[node].with_secret[0].secret = text


def _identity(statement: tree.Identity, item: Item, members: Members, proofs: _Proofs, work: Work) -> None:
    placed = attributes.placed(statement.identity, item, work.diagnostics)
    named = ends_named(statement.nodes, item, members, work)
    if placed is None or named is None:
        proofs.is_right = False
        return
    identity = _identity_text(placed, work)
    if identity is None:
        return
    for target in named:
        proof = proofs.found.get(target.value)
        if proof is not None and proof.identity not in (None, identity):
            message = f"`{target.value}` has two identities"
            work.diagnostics.report(catalogue.REPEATED_STATEMENT, message, placed.place)
        elif proof is not None and any(one.pki for one in proof.rounds) and (problem := identity_problem(identity)):
            work.diagnostics.report(catalogue.INVALID_SUBJECT, problem, placed.place)
        elif proof is not None:
            proof.identity = identity


def _identity_text(placed: Placed[Value], work: Work) -> str | None:
    match placed.value:
        case str(text) if text and text.isprintable() and '"' not in text:
            return text
        case str():
            message = "an identity is one line of printable characters without quotes"
            work.diagnostics.report(catalogue.BAD_LITERAL, message, placed.place)
        case Word(text):
            return text
        case value if not isinstance(value, tuple | bool | int):
            return str(value)
        case _:
            work.wrong_kind(placed, "an identity (a name, an address, a string)")
    return None


Expected = dict[NodeId, dict[NodeId, BoundAuth]]
"""What ends have for others: by end, then by the other one."""


def expected(block: Block, members: Members, auth: dict[NodeId, BoundAuth], work: Work) -> Expected | None:
    """Of the lines `auth … of OTHER for NODES`, `identity … of OTHER for NODES`; None once reported."""
    found: Expected = {}
    is_right = True
    for statement, item in block.of(tree.Auth):
        if statement.owner is None:
            continue
        rounds, pairs = _rounds(statement, item, work), _pairs(statement.owner, statement.nodes, item, members, work)
        is_right = is_right and rounds is not None and pairs is not None
        for node, owner in pairs or ():
            proof = _Proof(rounds or (), item.place, True, auth[owner].identity if owner in auth else None)
            if rounds:
                found.setdefault(node, {})[owner] = _bound(proof)
    for identity, item in block.of(tree.Identity):
        if identity.owner is None:
            continue
        placed = attributes.placed(identity.identity, item, work.diagnostics)
        text = None if placed is None else _identity_text(placed, work)
        pairs = _pairs(identity.owner, identity.nodes, item, members, work)
        is_right = is_right and text is not None and pairs is not None
        for node, owner in pairs or ():
            own = found.setdefault(node, {})
            if owner in auth and text is not None:
                own[owner] = _called(own.get(owner, auth[owner]), text)
    return found if is_right else None


def _called(auth: BoundAuth, identity: str) -> BoundAuth:
    then = None if auth.then is None else _called(auth.then, identity)
    return replace(auth, identity=identity, then=then)


def _pairs(
    owner: syntax.Value, nodes: tuple[syntax.Value, ...], item: Item, members: Members, work: Work
) -> list[tuple[NodeId, NodeId]] | None:
    """The ends that a line is said for (all others, where it names none), each with whom it is about."""
    owners = ends_named((owner,), item, members, work)
    named = ends_named(nodes, item, members, work) if nodes else []
    if owners is None or named is None:
        return None
    ends = [one.value for one in named] or list(members.nodes)
    return [(node, other.value) for node in ends for other in owners if node != other.value]
