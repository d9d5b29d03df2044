"""The state of a node's tunnels as charon says it: `swanctl --list-sas` (vici_query.c: list_ike, list_child).

A line is `KEY = VALUE`, the head of a section (`NAME {`) or of a list (`KEY = [`), a member of a list, or the end of one
(vici_message.c, dump): a value is never more than one line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from ipaddress import ip_address

from netdsl.dataclass import dataclass
from netdsl.ir.tunnel import Mode
from netdsl.kinds.ipsec.ir import KIND as KIND
from netdsl.kinds.ipsec.state import USUAL
from netdsl.packets.state import Algorithms
from netdsl.payload.part import StateReport

QUESTION = ("swanctl", "--list-sas", "--noblock", "--pretty")
"""An SA that charon is busy with is left out."""

_UP = ("INSTALLED", "REKEYING")
_CIPHERS = {
    "AES_CBC": "aes{}", "AES_CTR": "aes{}ctr", "NULL_AES_GMAC": "aes{}gmac", "CAMELLIA_CBC": "camellia{}",
    "CAMELLIA_CTR": "camellia{}ctr", "CHACHA20_POLY1305": "chacha20poly1305", "NULL": "null", "DES_CBC": "des",
    "3DES_CBC": "3des",
    **{f"AES_{mode}_{octets}": f"aes{{}}{mode.lower()}{octets}" for mode in ("GCM", "CCM") for octets in (8, 12, 16)},
}  # fmt: skip
_INTEGRITY = {
    "HMAC_MD5_96": "md5", "HMAC_MD5_128": "md5_128", "HMAC_SHA1_96": "sha1", "HMAC_SHA1_160": "sha1_160",
    "HMAC_SHA2_256_96": "sha256_96", "HMAC_SHA2_256_128": "sha256", "HMAC_SHA2_384_192": "sha384",
    "HMAC_SHA2_512_256": "sha512", "AES_XCBC_96": "aesxcbc", "AES_CMAC_96": "aescmac",
}  # fmt: skip
_FUNCTIONS = {
    "PRF_HMAC_MD5": "prfmd5", "PRF_HMAC_SHA1": "prfsha1", "PRF_HMAC_SHA2_256": "prfsha256",
    "PRF_HMAC_SHA2_384": "prfsha384", "PRF_HMAC_SHA2_512": "prfsha512", "PRF_AES128_XCBC": "prfaesxcbc",
    "PRF_AES128_CMAC": "prfaescmac",
}  # fmt: skip
_EXCHANGES = {
    "CURVE_25519": "x25519", "CURVE_448": "x448", "MODP_1024_160": "modp1024s160", "MODP_2048_224": "modp2048s224",
    "MODP_2048_256": "modp2048s256",
}  # fmt: skip
"""Others are called alike: `MODP_3072` is `modp3072`, `ECP_256_BP` is `ecp256bp`."""


@dataclass(frozen=True, slots=True)
class _Section:
    values: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    sections: "list[tuple[str, _Section]]" = field(default_factory=list)


def reports(text: str) -> tuple[StateReport, ...]:
    """The children that are up. Raises ValueError for a child without a name, and for an address that is none."""
    events = (section for name, section in _read(text).sections if name.startswith("list-sa "))
    return tuple(report for event in events for _, sa in event.sections for report in _reports(sa))


def _reports(sa: _Section) -> Iterator[StateReport]:
    children = (child for name, each in sa.sections if name == "child-sas" for _, child in each.sections)
    for child in (one for one in children if one.values.get("state") in _UP):
        values = child.values
        if "name" not in values:
            raise ValueError("a child without a name")
        yield StateReport(
            child=values["name"],
            has_begun=sa.values.get("initiator") == "yes",
            uses=(of_ike(sa.values), of_child(values)),
            is_behind_nat=sa.values.get("nat-local") == "yes",
            is_in_udp=values.get("encap") == "yes",
            is_compressed="cpi-in" in values,
            mode=Mode.TRANSPORT if values.get("mode") == "TRANSPORT" else Mode.TUNNEL,
            given=tuple(map(ip_address, sa.lists.get("local-vips", ()))),
        )


def _read(text: str) -> _Section:
    root = _Section()
    opened, members = [root], None
    for line in map(str.strip, text.splitlines()):
        key, is_value, value = line.partition(" = ")
        if line == "]":
            members = None
        elif members is not None:
            members.append(line)
        elif is_value and value == "[":
            members = opened[-1].lists.setdefault(key, [])
        elif is_value:
            opened[-1].values[key] = value
        elif line.endswith(" {"):
            opened[-1].sections.append((line.removesuffix(" {"), _Section()))
            opened.append(opened[-1].sections[-1][1])
        elif line == "}" and len(opened) > 1:
            opened.pop()
    return root


# --- charon's names as keywords of proposals


def of_ike(values: Mapping[str, str]) -> Algorithms:
    found = [*_ciphers(values), *_named(values, "prf-alg", _FUNCTIONS), *_exchange(values, "dh-group")]
    for number in range(1, 8):
        found += (f"ke{number}_{word}" for word in _exchange(values, f"ake{number}"))
    return Algorithms("ike", tuple(found))


def of_child(values: Mapping[str, str]) -> Algorithms:
    """Key exchanges are left out: they are of keys that were renewed."""
    sequence = "esn" if values.get("esn") == "1" else "noesn"
    return Algorithms(values.get("protocol", "").lower(), (*_ciphers(values), sequence), USUAL)


def _ciphers(values: Mapping[str, str]) -> Iterator[str]:
    name = values.get("encr-alg")
    if name is not None:
        yield _CIPHERS[name].format(values.get("encr-keysize", "")) if name in _CIPHERS else name.lower()
    yield from _named(values, "integ-alg", _INTEGRITY)


def _named(values: Mapping[str, str], key: str, words: Mapping[str, str]) -> Iterator[str]:
    if key in values:
        yield words.get(values[key], values[key].lower())


def _exchange(values: Mapping[str, str], key: str) -> Iterator[str]:
    if key in values:
        name = values[key]
        yield _EXCHANGES.get(name, name.replace("_", "").lower())
