"""Where a source's texts go: for every place that takes one, a lab around it, and where it must turn up again.

`@` stands for the hostile text as a string (`"…"`, or `"$s"` with the text given by `-D`), `%` for it as a bare
splice (`$s`).
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from netdsl.payload.quoting import flat
from tests import outputs, vagrantfile

Files = Mapping[str, bytes]
Witness = Callable[[Files, Path], Iterable[str]]
"""The texts that an output holds at a place; one of them must be what the source said."""

_IMAGE_RUN = re.compile("machine/images/[^/]+/run/1")
_LAB = """\
lab {lab}
param s = {default}
network lan 10.0.0.0/24
network wan 192.0.2.0/24
router gw {{ interface on lan .1 ; interface on wan .1 ; {gw} }}
host a {{ interface on lan .2 ; default via gw ; {a} }}
host b {{ interface on wan .2 ; default via gw }}
{top}
"""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: what stands at the top of the lab, in the router, in the host, behind `lab`. `targets` read it."""

    top: str = ""
    gw: str = ""
    a: str = ""
    lab: str = "x"
    targets: tuple[str, ...] = ("compose", "vagrant")
    witness: Witness | None = field(default=None, repr=False)

    def source(self, quoted: str, default: str) -> str:
        """The lab with a text as a string token, and a parameter `s` with a default of the wanted kind."""
        parts = {"lab": self.lab, "gw": self.gw, "a": self.a, "top": self.top}
        filled = {key: part.replace("%", "$s").replace("@", quoted) for key, part in parts.items()}
        return _LAB.format(default=default, **filled)

    @property
    def is_bare(self) -> bool:
        """Whether the text stands here without quotes."""
        return "%" in self.lab + self.gw + self.a + self.top


def _node(files: Files, path: str) -> str:
    return files.get(f"payload/nodes/a/{path}", b"").decode()


def _run(files: Files, _: Path) -> Iterable[str]:
    lines = _node(files, "run/1").split("\n")
    assert lines[:2] == ["sh", "-c"]
    yield "\n".join(lines[2:]).removesuffix("\n")


def _image_run(files: Files, _: Path) -> Iterable[str]:
    import json

    if "Dockerfile" not in files:
        yield from (text.decode().removesuffix("\n") for path, text in files.items() if _IMAGE_RUN.fullmatch(path))
        return
    runs = [rest for word, rest in outputs.dockerfile(files["Dockerfile"].decode()) if word == "RUN"]
    for rest in runs:
        if rest.startswith("--network=none ["):
            shell, option, command = json.loads(rest.removeprefix("--network=none "))
            assert (shell, option) == ("sh", "-c")
            yield command


def _env(files: Files, _: Path) -> Iterable[str]:
    text = _node(files, "env")
    assert text.count("\n") == 1
    return [text.removeprefix("KEY=").removesuffix("\n")]


def _file_path(files: Files, _: Path) -> Iterable[str]:
    return [record[2] for record in outputs.table(_node(files, "files.tsv").encode(), 4)]


def _log(files: Files, _: Path) -> Iterable[str]:
    strings = outputs.nft_strings(files["payload/nodes/gw/filter.nft"].decode())
    return [text.removesuffix(" ") for text in strings]


def _secret(files: Files, store: Path) -> Iterable[str]:
    for path in sorted(store.glob("nodes/*/secrets.conf")):
        for value in outputs.settings(outputs.strongswan(path.read_text()), "secret"):
            yield b64decode(value.removeprefix("0s")).decode()


def _password(files: Files, store: Path) -> Iterable[str]:
    """What FreeRADIUS reads between single quotes."""
    for path in sorted(store.glob("nodes/*/radius/*/users")):
        for line in path.read_text().removesuffix("\n").split("\n"):
            kept = re.fullmatch(r"'b' Cleartext-Password := '((?:[^'\\]|\\.)*)'", line)
            assert kept is not None, line
            yield re.sub(r"\\(.)", r"\1", kept[1])


def _identity(files: Files, store: Path) -> Iterable[str]:
    for name in ("a", "b", "gw"):
        text = files.get(f"payload/nodes/{name}/swanctl.conf", b"").decode()
        for key in ("id", "eap_id"):
            yield from outputs.settings(outputs.strongswan(text), key)


def _organization(files: Files, store: Path) -> Iterable[str]:
    for path in store.glob("nodes/*/x509/*.pem"):
        for attribute in x509.load_pem_x509_certificate(path.read_bytes()).subject:
            if attribute.oid == NameOID.ORGANIZATION_NAME:
                yield str(attribute.value)


def _sysctl(files: Files, _: Path) -> Iterable[str]:
    return [value for _, value in outputs.table(_node(files, "sysctl.tsv").encode(), 2)]


def _packages(files: Files, _: Path) -> Iterable[str]:
    if "Dockerfile" not in files:
        for path, text in files.items():
            if path.startswith("machine/images/") and path.endswith("/packages"):
                yield from text.decode().splitlines()
        return
    for word, rest in outputs.dockerfile(files["Dockerfile"].decode()):
        if word == "RUN" and "apt-get install" in rest:
            yield from rest.split("--no-install-recommends")[1].split()


def _services(files: Files, _: Path) -> Iterable[str]:
    return [record[1].partition(".")[2] for record in outputs.table(_node(files, "services.tsv").encode(), 5)]


def _nodes(files: Files, _: Path) -> Iterable[str]:
    if "Vagrantfile" in files:
        yield from (machine.name.removeprefix("h") for machine in _vagrantfile(files).machines)
        return
    yield from (label.removeprefix("h") for label in _labels(files, "netdsl.node"))


def _labs(files: Files, _: Path) -> Iterable[str]:
    if "Vagrantfile" in files:
        return [_vagrantfile(files).lab.removeprefix("l")]
    return [label.removeprefix("l") for label in _labels(files, "netdsl.lab")]


def _labels(files: Files, name: str) -> Iterable[str]:
    for service in outputs.compose(files["compose.yaml"])["services"].values():
        labels = service["labels"]
        assert isinstance(labels, dict)
        yield outputs.plain(labels[name])


def _vagrantfile(files: Files) -> vagrantfile.Vagrantfile:
    return vagrantfile.read(files["Vagrantfile"].decode())


def _said(key: str) -> Witness:
    """What the Vagrantfile says of the lab as a whole."""

    def of(files: Files, _: Path) -> Iterable[str]:
        return [str(_vagrantfile(files).settings[key])]

    return of


def _inside_pool(files: Files, _: Path) -> Iterable[str]:
    """The pool itself is not written: a range of it is."""
    range_ = IPv4Network(str(_vagrantfile(files).settings["management"]))
    return [str(range_.supernet(new_prefix=bits)) for bits in range(8, range_.prefixlen + 1)]


def _connections(files: Files, _: Path) -> Iterable[str]:
    tree = outputs.strongswan(files["payload/nodes/gw/swanctl.conf"].decode())["connections"]
    assert isinstance(tree, dict)
    return [name.removeprefix("t") for name in tree]


def _interfaces(files: Files, _: Path) -> Iterable[str]:
    return [record[1].removeprefix("e") for record in outputs.table(_node(files, "interfaces.tsv").encode(), 3)]


def _zone_names(files: Files, _: Path) -> Iterable[str]:
    """The owners of CNAMEs."""
    for line in _node(files, "nsd/53/1.zone").splitlines():
        owner, ttl, class_, kind, *data = line.split(" ")
        assert (ttl, class_, len(data) > 0) == ("0", "IN", True)
        if kind == "CNAME":
            yield owner.removesuffix(".corp.example.")


def _zone_text(files: Files, _: Path) -> Iterable[str]:
    for line in _node(files, "nsd/53/1.zone").splitlines():
        if " TXT " in line:
            strings = line.partition(" TXT ")[2]
            assert re.fullmatch(r'"(?:[^"\\]|\\\d{3})*"(?: "(?:[^"\\]|\\\d{3})*")*', strings)
            joined = strings[1:-1].replace('" "', "")
            yield re.sub(r"\\(\d{3})", lambda found: chr(int(found[1])), joined).encode("latin-1").decode()


def _dns(files: Files, _: Path) -> Iterable[str]:
    for line in _node(files, "dnsmasq/53.conf").splitlines():
        assert line.startswith(("local=/", "host-record=", "server="))
        yield line.split("=", 1)[1].split(",")[0].strip("/").removesuffix(".corp.example")


_TUNNEL = "ipsec t {{ between gw.wan and b ; {} }}"
SPOTS: dict[str, Spot] = {
    "title": Spot(lab="x @"),
    "lab name": Spot(lab="l%", witness=_labs),
    "run": Spot(a="run @", witness=_run),
    "image run": Spot(top="image i { packages curl ; run @ }", a="image i", witness=_image_run),
    "image name": Spot(top="image i% { packages curl }", a="image i%"),
    "env value": Spot(a="env KEY = @", witness=_env),
    "env name": Spot(a="env K% = 1"),
    "file path": Spot(a='file @ from "data"', witness=_file_path),
    "file name": Spot(a="file /etc/x from @"),
    "file below": Spot(a='file "/etc/$s" from "data"'),
    "log": Spot(gw="firewall { policy accept ; drop forward log @ }", witness=_log),
    "psk": Spot(top=_TUNNEL.format("auth psk @"), witness=_secret),
    "secret": Spot(top=_TUNNEL.format("auth psk ; secret @ for b"), witness=_secret),
    "eap secret": Spot(
        top="ipsec t { gateway gw protecting lan ; client b ; pool 10.3.0.0/28 ; auth certificate for gw ;"
        " auth eap-mschapv2 for b ; secret @ for b }",
        witness=_secret,
    ),
    "secret of a second round": Spot(
        top="ipsec t { gateway gw.wan ; client b ; auth certificate for gw ; auth psk and eap-md5 @ for b }",
        witness=_secret,
    ),
    "password of a RADIUS server": Spot(
        top="ipsec t { gateway gw.wan ; client b ; radius a ; auth certificate for gw ; auth eap-md5 @ for b }",
        a="serve radius",
        witness=_password,
    ),
    "identity": Spot(top=_TUNNEL.format("auth psk ; identity @ for b"), witness=_identity),
    "certificate identity": Spot(top=_TUNNEL.format("auth certificate ; identity @ for b"), witness=_identity),
    "subject": Spot(top="pki p { subject @ }\n" + _TUNNEL.format("auth certificate from p")),
    "organization": Spot(
        top='let c = @\npki p { subject "C=FI, O=$c" }\n' + _TUNNEL.format("auth certificate from p"),
        witness=_organization,
    ),
    "pki name": Spot(top="pki p% { }\n" + _TUNNEL.format("auth certificate from p%")),
    "algorithm": Spot(top="pki p { algorithm % }\n" + _TUNNEL.format("auth certificate from p")),
    "validity": Spot(top="pki p { validity % }\n" + _TUNNEL.format("auth certificate from p")),
    "ocsp": Spot(top="pki p { ocsp % }\n" + _TUNNEL.format("auth certificate from p"), a="serve ocsp"),
    "revoke": Spot(top="pki p { revoke % }\n" + _TUNNEL.format("auth certificate from p")),
    "tunnel name": Spot(top="ipsec t% { between gw.wan and b ; auth psk }", witness=_connections),
    "child name": Spot(top=_TUNNEL.format("auth psk ; child c% { between lan and wan }")),
    "ike": Spot(top=_TUNNEL.format("auth psk ; ike %")),
    "esp": Spot(top=_TUNNEL.format("auth psk ; esp %")),
    "dpd": Spot(top=_TUNNEL.format("auth psk ; dpd 30s %")),
    "sysctl value": Spot(a="sysctl net.ipv4.ip_default_ttl = @", witness=_sysctl),
    "sysctl splice": Spot(a="sysctl net.ipv4.ip_default_ttl = %", witness=_sysctl),
    "sysctl name": Spot(a="sysctl net.ipv4.% = 1"),
    "pool": Spot(top="target compose { pool = @ }"),
    "box": Spot(top="target vagrant { box = @ }", targets=("vagrant",)),
    "box of an image": Spot(
        top="image i { packages curl }\ntarget vagrant { box.i = @ }", a="image i", targets=("vagrant",)
    ),
    "provider": Spot(top="target vagrant { provider = @ }", targets=("vagrant",), witness=_said("provider")),
    "accelerator": Spot(top="target vagrant { accelerator = @ }", targets=("vagrant",), witness=_said("accelerator")),
    "pool of machines": Spot(top="target vagrant { pool = @ }", targets=("vagrant",), witness=_inside_pool),
    "setting of machines": Spot(top="target vagrant { k% = 1 }", targets=("vagrant",)),
    "image of a setting": Spot(top="target vagrant { box.i% = x }", targets=("vagrant",)),
    "setting": Spot(top="target compose { k% = 1 }"),
    "target": Spot(top="target t% { k = @ }"),
    "package": Spot(top="image i { packages % }", a="image i", witness=_packages),
    "package string": Spot(top="image i { packages @ }", a="image i", witness=_packages),
    "platform": Spot(top="image i { packages curl ; platforms % }", a="image i"),
    "service name": Spot(a="serve http % tcp/80", witness=_services),
    "service kind": Spot(a="serve % tcp/80"),
    "service": Spot(top="service w% = tcp/80", a="serve http w%"),
    "zone": Spot(a="serve dns { zone @ ; record w -> a }"),
    "zone in a block": Spot(a="serve dns { zone @ { record w cname v } }"),
    "record of a type": Spot(a="serve dns { zone corp.example { record @ cname www } }", witness=_zone_names),
    "target of a record": Spot(a="serve dns { zone corp.example { record w cname @ } }"),
    "text of a record": Spot(a="serve dns { zone corp.example { record w txt @ } }", witness=_zone_text),
    "delegated zone": Spot(a="serve dns { zone corp.example { delegate @ to b } }"),
    "server of a zone": Spot(a="serve dns { zone corp.example { delegate c to @ } }"),
    "zone of a forwarder": Spot(a="serve dns { forwarder n for @ }", top="host n { interface on lan ; serve dns }"),
    "record": Spot(a="serve dns { zone corp.example ; record @ -> a }", witness=_dns),
    "host name": Spot(top="host h% { interface on lan }", witness=_nodes),
    "whole host name": Spot(top="host % { interface on lan }"),
    "network name": Spot(top="network n% 10.9.0.0/24\nhost c { interface on n% }"),
    "interface name": Spot(top="network m 10.9.0.0/24", a="interface e% on m .9", witness=_interfaces),
    "scope": Spot(
        top="template t(n) { network q 10.9.0.0/24 ; host h { interface on q ; env KEY = $n } }\nuse t as u% (n = @)"
    ),
    "address": Spot(top="network m 10.9.0.0/24", a="interface on m @"),
    "address splice": Spot(top="network m 10.9.0.0/24", a="interface on m .%"),
    "prefix": Spot(top="network m %", a="interface on m"),
    "mac": Spot(top="network m 10.9.0.0/24", a="interface on m { mac % }"),
    "route": Spot(a="route 10.9.0.0/24 via %"),
    "driver": Spot(top="network m 10.9.0.0/24 { driver % }", a="interface on m"),
    "memory": Spot(a="memory %"),
    "capability": Spot(a="capability %"),
    "resolver": Spot(a="resolver %"),
    "value": Spot(top="let y = ${s + 1}", a='env KEY = "$y"'),
    "comparison": Spot(top="if $s == @ { host c { interface on lan } }"),
    "expectation": Spot(top="expect @ { a reaches b }"),
    "expected": Spot(top="expect { % reaches b }"),
    "import": Spot(top="import @ as q"),
    "dnat": Spot(gw="nat { dnat tcp/% to gw.wan -> a }"),
    "limit": Spot(gw="firewall { policy accept ; drop forward limit % }"),
}


def said(spot: str, text: str) -> set[str]:
    """What a witness may see for a text: itself; cut to what a log holds; names as formats without dots write them; a text
    of the command line without the quotes and blanks around it."""
    cut = text.encode()[:120].decode(errors="ignore")
    bare = text.removeprefix('"').removesuffix('"')
    return {text, cut, cut.removesuffix(" "), flat(text), text.lower(), text.strip(), bare, bare.strip()}
