"""IKE, ESP and AH proposals: strongSwan's keywords, and what a proposal must and cannot hold.

The keywords are those of strongSwan's proposal_keywords_static.txt, less what Debian's build has no implementation of
(blowfish, cast, serpent, twofish, CCM with Camellia, the post-quantum drafts; ML-KEM: the plug-in `ml` is not in 6.0.1-6).
"""

from enum import Enum

from netdsl.diagnostics.suggest import closest
from netdsl.kinds.ipsec import tree
from netdsl.kinds.ipsec.algorithms import ICV_OCTETS, KERNEL_ONLY, NOT_IN_IKE
from netdsl.kinds.ipsec.catalogue import UNKNOWN_PROPOSAL
from netdsl.packets.state import Fault
from netdsl.semantics.bindings import Placed
from netdsl.semantics.evaluate import evaluate_list
from netdsl.semantics.items import Item
from netdsl.semantics.resolve.work import Work
from netdsl.semantics.values import Value, Word


class Transform(Enum):
    ENCRYPTION = "an encryption algorithm"
    AEAD = "an encryption algorithm with integrity of its own"
    INTEGRITY = "an integrity algorithm"
    PRF = "a pseudo-random function"
    EXCHANGE = "a key exchange"
    MORE_EXCHANGE = "a further key exchange"
    SEQUENCE = "a choice of sequence numbers"


EXCHANGES_MORE = 7
"""So many key exchanges may follow the first one: ADDKE1 to ADDKE7, RFC 9370 §2.2."""
ML_KEM = ("mlkem512", "mlkem768", "mlkem1024")


def _keywords() -> dict[str, Transform]:
    table: dict[str, Transform] = {}
    for size in ("128", "192", "256"):
        for cipher in ("aes", "camellia"):
            table |= dict.fromkeys((cipher + size, f"{cipher}{size}ctr"), Transform.ENCRYPTION)
        for check in ICV_OCTETS:
            table |= dict.fromkeys((f"aes{size}gcm{check}", f"aes{size}ccm{check}"), Transform.AEAD)
        table[f"aes{size}gmac"] = Transform.AEAD
    table |= dict.fromkeys(("null", "des", "3des", "aes", "camellia"), Transform.ENCRYPTION)
    table["chacha20poly1305"] = Transform.AEAD
    integrity = "md5 md5_128 sha sha1 sha1_160 sha256 sha2_256 sha256_96 sha2_256_96 sha384 sha2_384 sha512 sha2_512"
    table |= dict.fromkeys((*integrity.split(), "aesxcbc", "aescmac"), Transform.INTEGRITY)
    prf = "prfmd5 prfsha1 prfsha256 prfsha384 prfsha512 prfaesxcbc prfaescmac"
    table |= dict.fromkeys(prf.split(), Transform.PRF)
    modp = "768 1024 1536 2048 3072 4096 6144 8192 1024s160 2048s224 2048s256"
    table |= {f"modp{size}": Transform.EXCHANGE for size in modp.split()}
    curves = "ecp192 ecp224 ecp256 ecp384 ecp521 ecp224bp ecp256bp ecp384bp ecp512bp"
    table |= dict.fromkeys((*curves.split(), "curve25519", "x25519", "curve448", "x448"), Transform.EXCHANGE)
    exchanges = [word for word, kind in table.items() if kind is Transform.EXCHANGE]
    for number in range(1, EXCHANGES_MORE + 1):
        table |= dict.fromkeys((f"ke{number}_{word}" for word in exchanges), Transform.MORE_EXCHANGE)
    return table | dict.fromkeys(("esn", "noesn"), Transform.SEQUENCE)


KEYWORDS = _keywords()

FOREIGN = {
    "aes256gcm": "aes256gcm16", "aes-256": "aes256", "secp256r1": "ecp256", "secp384r1": "ecp384",
    "secp521r1": "ecp521", "dh2": "modp1024", "dh5": "modp1536", "dh14": "modp2048", "dh15": "modp3072",
    "dh16": "modp4096", "dh19": "ecp256", "dh20": "ecp384", "dh21": "ecp521", "dh31": "x25519",
    "group14": "modp2048", "group19": "ecp256", "group20": "ecp384", "group21": "ecp521",
}  # fmt: skip
"""Names that other tools give to the same algorithms. Groups: RFC 3526, RFC 5903, RFC 8031."""


def fault(proposal: str, protocol: str) -> Fault | None:
    """What is wrong with a proposal for "ike", "esp" or "ah"; None where it is right."""
    kinds = _kinds(proposal, protocol)
    if isinstance(kinds, Fault):
        return kinds
    return _forbidden(kinds, protocol) or _missing(kinds, protocol) or _exchanged_twice(proposal)


def fault_of_algorithms(text: str, protocol: str) -> Fault | None:
    """The same for what an SA uses: one algorithm of each type, and not of all types."""
    kinds = _kinds(text, protocol)
    if isinstance(kinds, Fault):
        return kinds
    single = [kind for kind in kinds if kind is not Transform.MORE_EXCHANGE]
    twice = next((kind for kind in single if single.count(kind) > 1), None)
    if twice is not None:
        return Fault(f"an SA uses {twice.value} once, and two are said")
    return _forbidden(kinds, protocol)


def _kinds(proposal: str, protocol: str) -> list[Transform] | Fault:
    kinds: list[Transform] = []
    for part in proposal.split("-"):
        kind = KEYWORDS.get(part)
        if kind is None:
            return _unknown(part)
        if protocol == "ike" and part in NOT_IN_IKE:
            advice = "only the kernel has it: for `esp` and `ah`" if part in KERNEL_ONLY else None
            return Fault(f"strongSwan in nodes has no `{part}` for `ike`", advice)
        kinds.append(kind)
    return kinds


def _exchanged_twice(proposal: str) -> Fault | None:
    """What cannot be negotiated: all key exchanges of a proposal differ (RFC 9370 §2.2.2)."""
    words = [part for part in proposal.split("-") if KEYWORDS[part] in (Transform.EXCHANGE, Transform.MORE_EXCHANGE)]
    first = {word for word in words if KEYWORDS[word] is Transform.EXCHANGE}
    more = [word.partition("_")[2] for word in words if KEYWORDS[word] is Transform.MORE_EXCHANGE]
    if len(first) > 1 or len(set(words)) < len(words):
        return None  # a choice
    twice = next((word for place, word in enumerate(more) if word in first or word in more[:place]), None)
    if twice is None:
        return None
    return Fault(
        f"`{twice}` is exchanged twice, each key exchange of a proposal is another one", "such as `ke1_x25519`"
    )


def _unknown(part: str) -> Fault:
    lower = part.lower()
    if lower.partition("_")[2] in ML_KEM or lower in ML_KEM:
        return Fault(
            f"strongSwan as Debian builds it has no `{part}`", "it has elliptic curves: `ecp384`, `ke1_x25519`"
        )
    near = FOREIGN.get(lower) or (lower if lower in KEYWORDS else closest(lower, KEYWORDS))
    return Fault(f"no algorithm is called `{part}`", None if near is None else f"did you mean `{near}`?")


def _forbidden(kinds: list[Transform], protocol: str) -> Fault | None:
    has_cipher = Transform.ENCRYPTION in kinds
    if has_cipher and Transform.AEAD in kinds:
        return Fault("a proposal has ciphers with integrity of their own or without, not both", "write two proposals")
    if protocol == "ah" and (has_cipher or Transform.AEAD in kinds):
        return Fault("`ah` does not encrypt, so it has no encryption algorithm", "`esp` encrypts")
    if protocol != "ike" and Transform.PRF in kinds:
        return Fault(f"`{protocol}` has no pseudo-random function", "that is for `ike`")
    if protocol == "ike" and Transform.SEQUENCE in kinds:
        return Fault("`ike` has no choice of sequence numbers", "that is for `esp` and `ah`")
    if Transform.AEAD in kinds and Transform.INTEGRITY in kinds:
        return Fault(
            "a cipher with integrity of its own takes no integrity algorithm",
            "for the pseudo-random function: `prfsha384`" if protocol == "ike" else None,
        )
    return None


def _missing(kinds: list[Transform], protocol: str) -> Fault | None:
    ciphers = {Transform.ENCRYPTION, Transform.AEAD}
    if protocol != "ah" and not ciphers & set(kinds):
        return Fault(f"a proposal for `{protocol}` needs an encryption algorithm", "such as `aes256gcm16`")
    if Transform.AEAD not in kinds and Transform.INTEGRITY not in kinds:
        return Fault("an integrity algorithm is missing", "such as `sha384`")
    if protocol == "ike" and Transform.EXCHANGE not in kinds:
        return Fault("a proposal for `ike` needs a key exchange", "such as `ecp384`")
    if Transform.MORE_EXCHANGE in kinds and Transform.EXCHANGE not in kinds:
        return Fault("a further key exchange follows a first one", "such as `ecp384-ke1_x25519`")
    if protocol == "ike" and Transform.AEAD in kinds and Transform.PRF not in kinds:
        return Fault("a proposal for `ike` without integrity algorithm needs a pseudo-random function", "`prfsha384`")
    return None


def proposals(lines: list[tuple[tree.Proposals, Item]], protocol: str, work: Work) -> tuple[str, ...] | None:
    """The proposals of all lines for one protocol; None where there is no line, empty where all are wrong."""
    mine = [(statement, item) for statement, item in lines if statement.protocol == protocol]
    if not mine:
        return None
    found: list[str] = []
    for statement, item in mine:
        for placed in evaluate_list(statement.proposals, item, work.diagnostics):
            proposal = _proposal(placed, protocol, work)
            if proposal is not None and proposal not in found:
                found.append(proposal)
    return tuple(found)


def _proposal(placed: Placed[Value], protocol: str, work: Work) -> str | None:
    text = placed.value.text if isinstance(placed.value, Word) else placed.value
    if not isinstance(text, str):
        work.wrong_kind(placed, "a proposal (`aes256gcm16-prfsha384-ecp384`)")
        return None
    wrong = fault(text, protocol)
    if wrong is None:
        return text
    work.diagnostics.report(UNKNOWN_PROPOSAL, wrong.message, placed.place, help=wrong.help)
    return None
