"""Edits of a source: of filters, address translation, tunnels, services, and what else a node holds. As `changes`."""

from random import Random

from tests.edits.changes import Edit
from tests.edits.source import Line, Source, network_of, port_name, ports, some_line

_IKE = (
    "aes256gcm16-prfsha384-ecp384", "aes128-sha256-ecp256", "aes256-sha512-ecp521, aes128-sha256-ecp256",
    "chacha20poly1305-prfsha256-x25519",
)  # fmt: skip
_ESP = ("aes256gcm16-ecp384", "aes128gcm16", "aes256-sha256", "chacha20poly1305-x25519")
_POLICIES = ("policy drop", "policy accept", "policy forward drop", "policy output accept", "policy input accept")
_SERVICES = ("icmp", "tcp", "udp", "tcp/22", "http", "udp/1000-2000", "icmp/echo-request", "dns")
_SYSCTLS = (
    "net.ipv4.ip_default_ttl = 32", "net.ipv4.ip_default_ttl = 99", "net.ipv4.conf.all.rp_filter = 1",
    "net.ipv4.conf.all.log_martians = 1", "net.ipv4.tcp_syncookies = 0", "net.ipv4.conf.all.arp_filter = 1",
    "net.ipv6.conf.all.accept_redirects = 0", "net.ipv4.conf.all.send_redirects = 0", "net.ipv6.icmp.ratelimit = 400",
)  # fmt: skip
_FILES = ("/etc/motd", "/srv/data/one", "/opt/two")
_SERVED = ("http", "http", "https", "tcp", "udp")


def _filtered(rng: Random, source: Source) -> Line | None:
    return some_line(rng, [block for node in source.nodes for block in node.of("firewall")])


def _owner(source: Source, block: Line) -> str:
    return next(node.name for node in source.nodes if any(one is block for one in node.body or ()))


def give_filter(rng: Random, source: Source) -> str:
    """A firewall of its own, or none any more."""
    node = some_line(rng, source.of("host", "router"))
    if node is None or node.body is None:
        return ""
    found = node.of("firewall")
    if found:
        node.body.remove(found[0])
        return f"{node.name}: no firewall"
    head = rng.choice(("firewall", "firewall", "firewall stateless"))
    body = [Line(rng.choice(_POLICIES[:2])), Line("accept input icmp"), Line("accept input udp/500, udp/4500")]
    body += [Line(f"accept tunnel {tunnel.name}") for tunnel in source.tunnels if tunnel.mentions(node.name)]
    node.body.append(Line(head, body))
    return f"{node.name}: {head}"


def add_filter_line(rng: Random, source: Source) -> str:
    block = _filtered(rng, source)
    if block is None or block.body is None:
        return ""
    owner = next(node for node in source.nodes if any(one is block for one in node.body or ()))
    chain = rng.choice(("input", "output", "forward") if owner.word == "router" else ("input", "output"))
    words = [rng.choice(("accept", "accept", "drop", "reject")), chain, rng.choice(_SERVICES)]
    if rng.random() < 0.4:
        words.append(f"from {rng.choice(source.networks or source.nodes).name}")
    if rng.random() < 0.3 and ports(owner):
        words.append(f"{'out' if chain == 'output' else 'in'} {port_name(rng.choice(ports(owner)))}")
    if rng.random() < 0.2:
        words.append(rng.choice(('log "seen"', "limit 5/s")))
    mine = [tunnel for tunnel in source.tunnels if tunnel.mentions(owner.name)]
    if mine and rng.random() < 0.3:
        words.append(f"while {rng.choice(mine).name} {rng.choice(('up', 'down'))}")
    line = Line(" ".join(words))
    block.body.insert(rng.randint(1, len(block.body)), line)
    return f"{owner.name}: {line.text}"


def remove_filter_line(rng: Random, source: Source) -> str:
    block = _filtered(rng, source)
    if block is None or not block.body or len(block.body) < 2:
        return ""
    line = rng.choice(block.body)
    block.body.remove(line)
    return f"{_owner(source, block)}: no more {line.text}"


def reorder_filter(rng: Random, source: Source) -> str:
    block = _filtered(rng, source)
    if block is None or not block.body or len(block.body) < 3:
        return ""
    one, two = rng.sample(range(len(block.body)), 2)
    block.body[one], block.body[two] = block.body[two], block.body[one]
    return f"{_owner(source, block)}: lines {one} and {two} of the filter change places"


def change_policy(rng: Random, source: Source) -> str:
    block = _filtered(rng, source)
    policies = block.of("policy") if block is not None else []
    if block is None or not policies:
        return ""
    line = rng.choice(policies)
    line.text = rng.choice(_POLICIES)
    return f"{_owner(source, block)}: {line.text}"


def toggle_stateless(rng: Random, source: Source) -> str:
    block = _filtered(rng, source)
    if block is None:
        return ""
    block.text = "firewall" if block.text != "firewall" else "firewall stateless"
    return f"{_owner(source, block)}: {block.text}"


def change_nat(rng: Random, source: Source) -> str:
    router = some_line(rng, source.of("router"))
    if router is None or router.body is None or not ports(router) or not source.networks:
        return ""
    blocks = router.of("nat")
    lines = [line for block in blocks for line in block.body or ()]
    if lines and rng.random() < 0.5:
        line = rng.choice(lines)
        for block in blocks:
            block.body = [one for one in block.body or () if one is not line]
        router.body = [line for line in router.body if line.word != "nat" or line.body]
        return f"{router.name}: no more {line.text}"
    out = port_name(rng.choice(ports(router)))
    nodes = source.of("host") or source.nodes
    line = Line(
        rng.choice(
            (
                f"masquerade out {out}",
                f"masquerade from {rng.choice(source.networks).name} out {out} except through ipsec",
                f"dnat tcp/{rng.randint(8000, 8099)} to {router.name}.{out} -> {rng.choice(nodes).name} tcp/80",
                f"dnat udp/{rng.randint(8000, 8099)} to {router.name}.{out} -> {rng.choice(nodes).name}",
            )
        )
    )
    if blocks and blocks[0].body is not None:
        blocks[0].body.append(line)
    else:
        router.body.append(Line("nat", [line]))
    return f"{router.name}: {line.text}"


def change_ipsec(rng: Random, source: Source) -> str:
    """A setting of a tunnel, for both ends."""
    tunnel = some_line(rng, source.of("ipsec"))
    if tunnel is None or tunnel.body is None:
        return ""
    line = rng.choice(
        (
            f"ike {rng.choice(_IKE)}", f"esp {rng.choice(_ESP)}", f"rekey esp {rng.randint(30, 90)}min",
            f"rekey ike {rng.randint(2, 8)}h", f"start {rng.choice(('at boot', 'on traffic', 'by hand'))}",
            f"dpd {rng.randint(5, 60)}s {rng.choice(('trap', 'clear', 'restart'))}", "encap yes", "mobike yes",
            "auth psk", "auth certificate", "auth pubkey", f'auth psk "a-secret-{rng.randint(100, 999)}"',
            "reauth 6h", "mode tunnel",
        )
    )  # fmt: skip
    word = " ".join(line.split()[: 2 if line.startswith("rekey") else 1])
    tunnel.body = [one for one in tunnel.body if not one.text.startswith(f"{word} ")]
    tunnel.body.append(Line(line))
    return f"{tunnel.name}: {line}"


def change_protected(rng: Random, source: Source) -> str:
    """What one end protects: a network more, another one, one fewer."""
    between = some_line(rng, [line for tunnel in source.tunnels for line in tunnel.of("between")])
    if between is None:
        return ""
    first, found, second = between.text.partition(" and ")
    if not found:
        return ""
    parts = [first, second]
    place = rng.randrange(2)
    end, _, nets = parts[place].partition(" protecting ")
    names = [name for name in nets.split(", ") if name]
    node = end.split()[-1].partition(".")[0]
    own = {network_of(port) for one in source.nodes if one.name == node for port in ports(one)}
    others = [one.name for one in source.networks if one.name not in names and (one.name in own or rng.random() < 0.2)]
    if names and (not others or rng.random() < 0.4):
        names.remove(rng.choice(names))
    elif others:
        names.append(rng.choice(others))
    parts[place] = f"{end} protecting {', '.join(names)}" if names else end
    between.text = " and ".join(parts)
    return between.text


def add_tunnel(rng: Random, source: Source) -> str:
    """Between two routers or hosts on one network."""
    if len(source.tunnels) > 3 or not source.networks:
        return ""
    network = rng.choice(source.networks)
    nodes = [node for node in source.on(network) if node.word != "switch"]
    if len(nodes) < 2:
        return ""
    one, two = (f"{node.name}.{_port_on(node, network)}" for node in rng.sample(nodes, 2))
    kind = rng.choice(("ipsec", "ipsec", "gre", "ipip"))
    body = [Line(f"between {one} and {two}")]
    if kind == "ipsec":
        body += [Line("over ipv4"), Line(rng.choice(("auth psk", "auth certificate"))), Line(f"esp {rng.choice(_ESP)}")]
        body.append(Line(f"start {rng.choice(('at boot', 'on traffic'))}"))
        tunnel = Line(f"ipsec {source.new_name('t')}", body)
    else:
        body += [Line("over ipv4"), Line(f"addresses 10.8.{rng.randint(1, 200)}.0/30")]
        tunnel = Line(f"tunnel {source.new_name('t')} {kind}", body)
    source.insert(tunnel)
    return f"add {tunnel.text} between {one} and {two}"


def _port_on(node: Line, network: Line) -> str:
    return next(port_name(port) for port in ports(node) if network_of(port) == network.name)


def remove_tunnel(rng: Random, source: Source) -> str:
    tunnel = some_line(rng, source.tunnels)
    if tunnel is None:
        return ""
    source.forget(tunnel.name)
    return f"remove {tunnel.text}"


def rename_tunnel(rng: Random, source: Source) -> str:
    tunnel = some_line(rng, source.tunnels)
    if tunnel is None:
        return ""
    new = source.new_name("t")
    text = f"rename {tunnel.name} to {new}"
    source.rename(tunnel.name, new)
    return text


def change_service(rng: Random, source: Source) -> str:
    node = some_line(rng, source.of("host", "router"))
    if node is None or node.body is None:
        return ""
    served = node.of("serve")
    if served and rng.random() < 0.6:
        line = rng.choice(served)
        if line.body is None and rng.random() < 0.6:
            before = line.text
            words = [word for word in line.text.split() if "/" not in word]
            protocol = "udp" if words[1] == "udp" else "tcp"
            line.text = f"{' '.join(words)} {protocol}/{rng.randint(2000, 9000)}"
            return f"{node.name}: {line.text} in place of {before}"
        node.body.remove(line)
        return f"{node.name}: no more {line.text}"
    kind = rng.choice(_SERVED)
    protocol = "udp" if kind == "udp" else "tcp"
    line = Line(f"serve {kind} {source.new_name('srv')} {protocol}/{rng.randint(2000, 9000)}")
    node.body.append(line)
    return f"{node.name}: {line.text}"


def change_zone(rng: Random, source: Source) -> str:
    """A record more, one fewer; a whole server of names, where there is none."""
    blocks = [line for node in source.nodes for line in node.of("serve") if line.body is not None]
    block = some_line(rng, blocks)
    goals = [node.name for node in source.of("host", "router")]
    if block is None or block.body is None:
        node = some_line(rng, source.of("host"))
        if node is None or node.body is None:
            return ""
        node.body.append(Line("serve dns", [Line("zone corp.example"), Line(f"record www -> {rng.choice(goals)}")]))
        return f"{node.name}: serve dns"
    records = block.of("record")
    if records and rng.random() < 0.4:
        line = rng.choice(records)
        block.body.remove(line)
        return f"no more {line.text}"
    block.body.append(Line(f"record {source.new_name('name')} -> {rng.choice(goals)}"))
    return block.body[-1].text


def change_resolver(rng: Random, source: Source) -> str:
    host = some_line(rng, source.of("host"))
    if host is None or host.body is None:
        return ""
    found = host.of("resolver")
    if found:
        host.body.remove(found[0])
        return f"{host.name}: no resolver"
    host.body.append(Line(f"resolver {rng.choice(source.of('host', 'router')).name}"))
    return f"{host.name}: {host.body[-1].text}"


def change_sysctl(rng: Random, source: Source) -> str:
    node = some_line(rng, source.of("host", "router"))
    if node is None or node.body is None:
        return ""
    found = node.of("sysctl")
    if found and rng.random() < 0.5:
        line = rng.choice(found)
        node.body.remove(line)
        return f"{node.name}: no more {line.text}"
    line = Line(f"sysctl {rng.choice(_SYSCTLS)}")
    node.body = [one for one in node.body if one.text.partition(" =")[0] != line.text.partition(" =")[0]]
    node.body.append(line)
    return f"{node.name}: {line.text}"


def change_held(rng: Random, source: Source) -> str:
    """A limit, a command, a variable, a right: one more, another one, or none any more."""
    node = some_line(rng, source.of("host", "router"))
    if node is None or node.body is None:
        return ""
    found = node.of("memory", "cpu", "run", "env", "capability", "neighbour")
    if found and rng.random() < 0.5:
        line = rng.choice(found)
        node.body.remove(line)
        return f"{node.name}: no more {line.text}"
    number = rng.randint(10, 99)
    line = Line(
        rng.choice(
            (
                f"memory {rng.choice((64, 96, 128))}MiB", f"cpu 0.{rng.randint(2, 9)}", f'run "sleep {number}000"',
                f'run "echo {number} >/tmp/said && exec sleep {number}00"', f'env V{number} = "{number}"',
                "capability NET_RAW", "capability NET_BIND_SERVICE",
                f"neighbour 10.1.0.{number} 02:00:5e:10:01:{number}",
            )
        )
    )  # fmt: skip
    one_of = ("memory", "cpu", "capability")
    node.body = [one for one in node.body if not (one.word == line.word and one.word in one_of)]
    node.body.append(line)
    return f"{node.name}: {line.text}"


def change_file(rng: Random, source: Source) -> str:
    """The content of a file beside the source; a node that is given one, or no more."""
    used = sorted(source.files)
    node = some_line(rng, source.of("host", "router"))
    if node is None or node.body is None or not used:
        return ""
    name = rng.choice(used)
    match rng.randrange(3):
        case 0:
            source.files[name] = f"content {rng.randint(0, 10**6)}\n" * rng.randint(1, 3)
            return f"the content of {name}"
        case 1 if node.of("file"):
            line = rng.choice(node.of("file"))
            node.body.remove(line)
            return f"{node.name}: no more {line.text}"
        case _:
            path = rng.choice(_FILES)
            node.body = [one for one in node.body if not one.text.startswith(f"file {path} ")]
            node.body.append(Line(f'file {path} from "{name}"'))
            return f"{node.name}: {node.body[-1].text}"


def change_parameter(rng: Random, source: Source) -> str:
    line = some_line(rng, source.of("param"))
    if line is None:
        return ""
    head, _, domain = line.text.partition(" in ")
    name = head.partition(" = ")[0]
    if ".." in domain:
        first, last = map(int, domain.split(".."))
        value = str(rng.randint(first, last))
    else:
        value = rng.choice(domain.split(", "))
    line.text = f"{name} = {value} in {domain}"
    return line.text


def change_common(rng: Random, source: Source) -> str:
    """What all nodes have of one template."""
    common = next((line for line in source.of("template") if line.body), None)
    if common is None or common.body is None:
        return ""
    found = common.of("sysctl")
    if found:
        common.body.remove(rng.choice(found))
        return "the template says a sysctl less"
    common.body.append(Line("sysctl net.ipv4.icmp_ratelimit = 0"))
    return "the template says a sysctl more"


def title(rng: Random, source: Source) -> str:
    """Nothing that runs is another one for that."""
    line = source.lines[0]
    if line.word != "lab":
        return ""
    line.text = f'lab {line.name} "{rng.randint(0, 999)}"'
    return line.text


OF_SETTINGS: dict[Edit, int] = {
    give_filter: 4, add_filter_line: 8, remove_filter_line: 5, reorder_filter: 4, change_policy: 4, toggle_stateless: 3,
    change_nat: 6, change_ipsec: 10, change_protected: 5, add_tunnel: 5, remove_tunnel: 3, rename_tunnel: 2,
    change_service: 6, change_zone: 3, change_resolver: 3, change_sysctl: 5, change_held: 7, change_file: 5,
    change_parameter: 4, change_common: 1, title: 1,
}  # fmt: skip
"""How often each is tried, in proportion."""
