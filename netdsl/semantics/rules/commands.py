"""Commands of `run` that need a capability which their node has not.

What is told is sure: a program of the table is what a part of the line begins with, and its words are not those of a use
that needs nothing. What a shell decides when it runs (`$TOOL -i lan`, a script) is not looked into.
"""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence

from netdsl.diagnostics.catalogue import RUN_WITHOUT_CAPABILITY
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.bindings import BoundNode
from netdsl.semantics.rules.facts import Facts

Words = Sequence[str]

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
_BEFORE = {
    "exec", "nohup", "command", "time", "nice", "timeout", "setsid", "stdbuf", "env", "then", "do", "else", "if", "while",
    "until", "!", "{",
}  # fmt: skip
"""Words that a command may stand behind, with options and numbers of their own."""
_OF_BEFORE = re.compile(r"-.*|[0-9.]+[smhd]?")
_QUIET = {"-h", "--help", "-V", "--version", "-v", "help"}
"""Words with which a program only says what it is."""
_CHANGES = {"add", "a", "del", "delete", "change", "replace", "set", "append", "prepend", "flush"}
_IP_OBJECTS = {
    "address",
    "addr",
    "a",
    "link",
    "l",
    "route",
    "r",
    "rule",
    "ru",
    "neighbour",
    "neigh",
    "n",
    "tunnel",
    "xfrm",
}


def _raw(*without: str) -> Callable[[Words], tuple[str, ...]]:
    """NET_RAW, but with one of these words."""
    return lambda words: () if _has(words, *without) else ("NET_RAW",)


def _has(words: Words, *options: str) -> bool:
    """Whether an option is there, with its value in the same word or not."""
    return any(word == option or (len(option) == 2 and word.startswith(option)) for word in words for option in options)


def _tcpdump(words: Words) -> tuple[str, ...]:
    """As root it becomes the user `tcpdump`, who owns the file then, but with `-Z root` (tcpdump.c, droproot)."""
    if _has(words, "-r", "-D", "-d"):
        return ()
    if _has(words, "-Z"):
        return ("NET_RAW",)
    return ("NET_RAW", "SETGID", "SETUID", *(("CHOWN",) if _has(words, "-w") and "-" not in words else ()))


def _nmap(words: Words) -> tuple[str, ...]:
    """Root's scans are with raw packets, but for those of connections (nmap.cc, isr00t)."""
    return () if _has(words, "-sT", "-sL", "--unprivileged") else ("NET_RAW",)


def _traceroute(words: Words) -> tuple[str, ...]:
    return ("NET_RAW",) if _has(words, "-I", "-T", "--icmp", "--tcp") else ()


def _ip(words: Words) -> tuple[str, ...]:
    plain = [word for word in words if not word.startswith("-")]
    return ("NET_ADMIN",) if len(plain) > 1 and plain[0] in _IP_OBJECTS and plain[1] in _CHANGES else ()


def _tc(words: Words) -> tuple[str, ...]:
    plain = [word for word in words if not word.startswith("-")]
    return ("NET_ADMIN",) if len(plain) > 1 and plain[1] in _CHANGES else ()


def _admin(words: Words) -> tuple[str, ...]:
    return () if _has(words, "-c", "--check") else ("NET_ADMIN",)


_PROGRAMS: Mapping[str, Callable[[Words], tuple[str, ...]]] = {
    "arp-scan": _raw(), "arping": _raw(), "arpspoof": _raw(), "bettercap": _raw(), "bridge": _tc, "conntrack": _admin,
    "dsniff": _raw("-p"), "dumpcap": _raw("-D"), "ettercap": _raw("-r"), "hping3": _raw(), "ip": _ip, "ip6tables": _admin,
    "iptables": _admin, "macof": _raw(), "masscan": _raw("--readscan"), "netsniff-ng": _raw(), "nft": _admin,
    "ngrep": _raw("-I"), "nmap": _nmap, "nping": _raw("--tcp-connect", "--unprivileged"), "radvd": _raw("-c"),
    "snort": _raw("-r", "-T"), "suricata": _raw("-r", "-T", "--build-info", "--list-keywords"), "tc": _tc,
    "tcpdump": _tcpdump, "tcpreplay": _raw(), "traceroute": _traceroute, "trafgen": _raw(),
    "tshark": _raw("-r", "-D", "-G"), "udhcpc": lambda _: ("NET_ADMIN", "NET_RAW"),
}  # fmt: skip
"""What a use of a program needs: packet and raw sockets NET_RAW (packet(7), raw(7)), changes of the network NET_ADMIN
(rtnetlink(7), netfilter's sockets)."""


_NAMES = re.compile("|".join(sorted(map(re.escape, _PROGRAMS), key=len, reverse=True)))
MOST_CHARACTERS = 2**19
"""Commands of so many characters are looked into, all together, equal ones once: a word of a shell line takes a while."""


def check_commands(facts: Facts, diagnostics: Diagnostics) -> None:
    known: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    left = MOST_CHARACTERS
    for node in facts.nodes:
        for command, place in zip(node.runs, node.run_places, strict=False):
            if command not in known:
                is_read = _NAMES.search(command) is not None and len(command) <= left
                left -= len(command) if is_read else 0
                known[command] = tuple(_needs(command)) if is_read else ()
            for program, needs in known[command]:
                if not set(needs) <= set(node.capabilities):
                    diagnostics.report(
                        RUN_WITHOUT_CAPABILITY,
                        f"`{program}` cannot work here: `{node.id}` has not {', '.join(_missing(node, needs))}",
                        place,
                        help=_help(node, program, needs),
                    )
                    break


def _missing(node: BoundNode, needs: Sequence[str]) -> list[str]:
    return [name for name in needs if name not in node.capabilities]


def _help(node: BoundNode, program: str, needs: Sequence[str]) -> str:
    text = f"`capability {', '.join(sorted({*needs, *node.capabilities}))}` in `{node.id}`"
    return f"{text}, or with `tcpdump -Z root` NET_RAW alone" if program == "tcpdump" and "SETUID" in needs else text


def _needs(command: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for words in _simple_commands(command):
        program = words[0].rpartition("/")[2]
        if program in _PROGRAMS and not _QUIET & set(words[1:2]):
            needs = _PROGRAMS[program](words[1:])
            if needs:
                yield program, needs


def _simple_commands(command: str) -> Iterator[Words]:
    """The words of each command of a shell line, without what stands before its program."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:  # a quotation without an end
        return
    words: list[str] = []
    is_target = False
    for token in (*tokens, ";"):
        if is_target:
            is_target = False
        elif set(token) <= set("<>&") and set(token) & set("<>"):
            is_target = True
        elif set(token) <= set("();|&"):
            words = list(_without_prefix(words))
            if words:
                yield words
            words = []
        else:
            words.append(token)


def _without_prefix(words: Words) -> Words:
    at, is_behind = 0, False
    while at < len(words):
        word = words[at]
        if word in _BEFORE:
            is_behind = True
        elif not (_ASSIGNMENT.fullmatch(word) or (is_behind and _OF_BEFORE.fullmatch(word))):
            break
        at += 1
    return words[at:]
