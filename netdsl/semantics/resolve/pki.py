"""Certification authorities: `pki NAME { algorithm … ; subject … ; intermediate … ; crl … ; ocsp … ; revoke … }`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.fix import Rewording
from netdsl.diagnostics.suggest import did_you_mean
from netdsl.ir.ids import NodeId, PkiId
from netdsl.ir.pki import Responder
from netdsl.ir.service_kinds import service_kinds
from netdsl.semantics import defaults
from netdsl.semantics.bindings import BoundPki, Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item, Scope
from netdsl.semantics.resolve import attributes
from netdsl.semantics.resolve.placement import Block, sort_block
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.scopes import outwards
from netdsl.semantics.values import Quantity, Value, Word
from netdsl.syntax import tree as syntax
from netdsl.syntax.description import ElementKind

ALGORITHMS = (
    "rsa-2048", "rsa-3072", "rsa-4096", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519", "ed448",
)  # fmt: skip
FOREIGN_ALGORITHMS: Mapping[str, str] = {
    "secp256r1": "ecdsa-p256", "prime256v1": "ecdsa-p256", "secp384r1": "ecdsa-p384", "secp521r1": "ecdsa-p521",
    "rsa": "rsa-3072", "ecdsa": "ecdsa-p384", "rsa2048": "rsa-2048", "rsa3072": "rsa-3072", "rsa4096": "rsa-4096",
    "ecdsa256": "ecdsa-p256", "ecdsa384": "ecdsa-p384", "ecdsa521": "ecdsa-p521",
}  # fmt: skip
LONGEST_VALUE = {"CN": 64, "O": 64, "OU": 64, "L": 128, "ST": 128, "E": 255, "serialNumber": 64, "DC": 63, "C": 2}
"""Attributes of a distinguished name and their longest value: RFC 5280, appendix A.1 (upper bounds)."""
MOST_DAYS = 36_500
MOST_PKIS = 100
ADDRESS_TEXT = "$address"


def pkis(items: list[tuple[syntax.Pki, Item]], lab: str, work: Work) -> None:
    if len(items) > MOST_PKIS:
        message = f"the lab has {len(items):,} pkis, and {MOST_PKIS} are the most: each makes keys of its own"
        work.diagnostics.report(catalogue.LOOP_LIMIT, message, items[MOST_PKIS][1].place)
    for _, item in items[:MOST_PKIS]:
        id_ = PkiId(item.scope.qualified(item.name))
        block = sort_block(item.children, "pki", work.diagnostics)
        has_intermediate, path_length = _intermediate(block, work)
        work.pkis[id_] = BoundPki(
            id_,
            _algorithm(block, work),
            _subject(block, lab, work),
            path_length,
            has_intermediate,
            attributes.yes_or_no(block.attribute("crl"), defaults.PKI_HAS_CRL, work.diagnostics),
            _validity(block, work),
            item.place,
            tuple(_revoked(block, work)),
            _responder(block, work),
        )


def default_pki(lab: str) -> BoundPki:
    """What certificates come from in a lab that declares no pki."""
    return BoundPki(
        PkiId(defaults.PKI_NAME),
        defaults.PKI_ALGORITHM,
        default_subject(lab),
        defaults.PKI_PATH_LENGTH,
        True,
        defaults.PKI_HAS_CRL,
        defaults.PKI_VALIDITY_DAYS,
        None,
    )


def nearest_pkis(scope: Scope, work: Work) -> tuple[PkiId, ...]:
    """Those of the nearest scope that has any; the built-in one where none has."""
    for outer in outwards(scope):
        found = _pkis_in(outer, work)
        if found:
            return found
    id_ = PkiId(defaults.PKI_NAME)
    if id_ not in work.pkis:
        work.pkis[id_] = default_pki(work.lab.name)
    return (id_,)


def _pkis_in(scope: Scope, work: Work) -> tuple[PkiId, ...]:
    """A scope's own pkis, looked for once."""
    found = work.pkis_in.get(id(scope))
    if found is None:
        own = scope.elements.values()
        found = work.pkis_in[id(scope)] = tuple(PkiId(one.path) for one in own if one.kind is ElementKind.PKI)
    return found


_ALTERNATIVE_NAME = re.compile(r"[!-~]+")
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+@[A-Za-z0-9.-]+")


def default_subject(lab: str) -> tuple[tuple[str, str], ...]:
    return (("O", lab[: LONGEST_VALUE["O"]]), ("CN", ADDRESS_TEXT))


def parse_subject(text: str) -> tuple[tuple[str, str], ...] | str:
    """The parts of `C=FI, O=Lab, CN=x`, or what is wrong with it. A comma in a value is written `\\,`."""
    parts: list[tuple[str, str]] = []
    for part in re.split(r"(?<!\\),", text):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        value = value.replace("\\,", ",")
        if not equals or not value:
            return f"`{part.strip()}` is no `KEY=value`"
        known = next((name for name in LONGEST_VALUE if name.lower() == key.lower()), None)
        if known is None:
            return f"`{key}` is no attribute of a subject: one of {', '.join(LONGEST_VALUE)}"
        if not value.isprintable():
            return f"the value of `{known}` holds a character that cannot be printed"
        if len(value) > LONGEST_VALUE[known]:
            return f"the value of `{known}` has more than {LONGEST_VALUE[known]} characters"
        if known == "C" and not re.fullmatch(r"[A-Z]{2}", value):
            return f"`C` is a country's two capital letters, not `{value}`"
        parts.append((known, value))
    return tuple(parts)


def identity_problem(identity: str) -> str | None:
    """Why an identity cannot stand in a certificate, as its subject (`CN=x`) or as an alternative name; None if it can."""
    if "=" in identity:
        subject = parse_subject(identity)
        if isinstance(subject, str):
            return subject
        is_plain = identity.replace(" ", "") == ",".join(f"{key}={value}" for key, value in subject).replace(" ", "")
        return None if is_plain else "attributes are written as `CN=x`, with no `,` in a value"
    name = identity.removeprefix("@")
    if "@" in name:
        return None if _MAIL_ADDRESS.fullmatch(name) else f"`{name}` is no mail address"
    return (
        None if _ALTERNATIVE_NAME.fullmatch(name) else "a name in a certificate has no blanks, and ASCII letters only"
    )


def _algorithm(block: Block, work: Work) -> str:
    value = attributes.only_value(block.attribute("algorithm"), work.diagnostics)
    if value is None:
        return defaults.PKI_ALGORITHM
    name = value.value.text if isinstance(value.value, Word) else value.value
    if not isinstance(name, str):
        work.wrong_kind(value, "a key algorithm")
    elif name not in ALGORITHMS:
        near = FOREIGN_ALGORITHMS.get(name)
        advice = did_you_mean(name, ALGORITHMS)
        if near:
            advice = Rewording(f"here it is called `{near}`", name, near)
        message = f"no key algorithm is called `{name}`"
        work.diagnostics.report(
            catalogue.PKI_ALGORITHM, message, value.place, help=advice or f"one of {', '.join(ALGORITHMS)}"
        )
    else:
        return name
    return defaults.PKI_ALGORITHM


def _subject(block: Block, lab: str, work: Work) -> tuple[tuple[str, str], ...]:
    """The subject with `$address` left in it: that is each certificate's own."""
    line = block.attribute("subject")
    if line is None:
        return default_subject(lab)
    placed = _subject_text(*line, work)
    if placed is None or not isinstance(placed.value, str):
        if placed is not None:
            work.wrong_kind(placed, "a string")
        return default_subject(lab)
    subject = parse_subject(placed.value)
    if isinstance(subject, tuple):
        return subject if any(key == "CN" for key, _ in subject) else (*subject, ("CN", ADDRESS_TEXT))
    advice = 'as in `subject "C=FI, O=Lab, CN=$address"`'
    work.diagnostics.report(catalogue.INVALID_SUBJECT, subject, placed.place, help=advice)
    return default_subject(lab)


def _subject_text(attribute: syntax.Attribute, item: Item, work: Work) -> Placed[Value] | None:
    values = tuple(_keep_address(value) for value in attribute.values)
    return attributes.only_value((replace(attribute, values=values), item), work.diagnostics)


def _keep_address(value: syntax.Value) -> syntax.Value:
    """`$address` in a subject is no value of the lab: it stays as text."""
    if not isinstance(value, syntax.Splice):
        return value
    parts = tuple(
        ADDRESS_TEXT if isinstance(part, syntax.Name) and part.text == ADDRESS_TEXT[1:] else part
        for part in value.parts
    )
    return replace(value, parts=parts)


def _intermediate(block: Block, work: Work) -> tuple[bool, int | None]:
    """`intermediate path-length 0`, `intermediate no`: whether there is one, and its path length."""
    line = block.attribute("intermediate")
    if line is None:
        return True, defaults.PKI_PATH_LENGTH
    values = evaluate_list(line[0].values, line[1], work.diagnostics)
    match [placed.value for placed in values]:
        case [Word("path-length"), int(length)] if 0 <= length <= 8:
            return True, length
        case [Word("path-length"), int(length)]:
            work.diagnostics.report(
                catalogue.OUT_OF_RANGE, f"a path length of {length} is not from 0 to 8", values[1].place
            )
        case [Word("yes")] | [True]:
            return True, defaults.PKI_PATH_LENGTH
        case [Word("no")] | [False]:
            return False, None
        case found if len(found) >= len(line[0].values):
            message = "`intermediate` is followed by `path-length` and a number, or by `no`"
            work.diagnostics.report(catalogue.WRONG_KIND, message, line[1].place)
        case _:
            pass
    return True, defaults.PKI_PATH_LENGTH


def _revoked(block: Block, work: Work) -> Iterator[Placed[NodeId]]:
    """`revoke NODE, …`: whose certificates are no longer good."""
    for attribute, item in block.attributes("revoke"):
        for placed in evaluate_list(attribute.values, item, work.diagnostics):
            if not isinstance(placed.value, Word):
                work.wrong_kind(placed, "a node's name")
                continue
            for one in work.match(placed.value, placed.place, (ElementKind.NODE,)):
                yield Placed(NodeId(one.element.path), placed.place)


def _responder(block: Block, work: Work) -> Responder | None:
    """`ocsp NODE`: the node and its service that answers; its first address. One service answers for one PKI."""
    line = block.attribute("ocsp")
    placed = attributes.only_value(line, work.diagnostics)
    node = None if placed is None else work.node(placed)
    if placed is None or node is None:
        return None
    ports = [one.service.first for one in node.services if service_kinds()[one.kind].is_responder]
    taken = {(pki.responder.node, pki.responder.port) for pki in work.pkis.values() if pki.responder is not None}
    port = next((port for port in ports if port is not None and (node.id, port) not in taken), None)
    if port is None:
        kinds = " or ".join(f"`serve {one.name}`" for one in service_kinds().values() if one.is_responder)
        message = f"`{node.id}` has no {'further ' if ports else ''}service that says which certificates are good"
        work.diagnostics.report(catalogue.MISSING_STATEMENT, message, placed.place, help=f"{kinds} in `{node.id}`")
    return None if port is None or not node.addresses else Responder(node.id, node.addresses[0], port)


def _validity(block: Block, work: Work) -> int:
    """`validity 3650d` in days."""
    value = attributes.only_value(block.attribute("validity"), work.diagnostics)
    if value is None:
        return defaults.PKI_VALIDITY_DAYS
    match value.value:
        case Quantity(number, "d"):
            days = number
        case _:
            work.wrong_kind(value, "a duration in days (`3650d`)")
            return defaults.PKI_VALIDITY_DAYS
    if days == int(days) and 1 <= days <= MOST_DAYS:
        return int(days)
    message = f"certificates cannot be valid for {days} days"
    work.diagnostics.report(catalogue.PKI_VALIDITY, message, value.place, help=f"from 1d to {MOST_DAYS}d")
    return defaults.PKI_VALIDITY_DAYS
