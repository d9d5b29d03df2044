"""Texts that mean something to one of the formats between a source and a running lab, or hide something from a reader."""

TEXTS: tuple[str, ...] = (
    # shells
    "$HOME", "${HOME}", "${X:?}", "${X:-y}", "$$", "$(touch /tmp/x)", "`touch /tmp/x`", "a;b", "a|b", "a&b",
    "a && b", "a > b",
    "'", '"', "''", '"; reboot; "', "' -- '", "\\", "a\\", "\\\\", "\\n", "*", "?", "[a]", "~", "!x", "-rf",
    "--help", "#x", "a #x",
    "%s", "%n", "a b", " a", "a ", "", " ", "=", "a=b", ",", "a,b", "/", ".", "..", "../../etc/passwd",
    "/etc/passwd", "//x",
    "/a/../b", "a/../../b", "/netdsl/lab/node.sh", "./a", "~/a", "C:\\x", "/etc/x\n/etc/y", "data",
    # templates
    "{{ 7 * 7 }}", "{{", "}}", "{% raw %}", "{% for %}", "{# a #}", "#{7 * 7}", "<%= 1 %>", "${7 * 7}", "@{x}",
    # YAML
    ": ", "a: b", "- a", "&a", "*a", "!!python/object/apply:os.system [id]", "!a", "|", ">", "? a", "[", "{",
    "{a: b}", "]", "}",
    "yes", "no", "on", "off", "null", "true", "0x1", "0o7", "1e3", "1_000", "12:30:45", "2001-01-01", "<<", "---",
    "...", "@a",
    "%YAML 1.1", "a\n- b", "a\nb: c", "\ta", "a\tb",
    # nft, strongSwan, dnsmasq, ip
    '" accept', '"; }', "; }", "} table inet x { }", "} include /etc/shadow", "include /etc/shadow", "a } b { c",
    "%any", "@#00ff",
    "0s00", "file:/etc/shadow", "/etc/shadow", "dev eth0", "10.0.0.9 dev lo", "\nserver=/x/192.0.2.9",
    "10.0.0.9,10.0.0.8",
    # Dockerfile
    "a \\", "a \\\nRUN id", "\nRUN id", "x\nENTRYPOINT id", "<<EOF", '["a"]', "--mount=type=secret", "# syntax=x",
    "# escape=`",
    # what hides
    "a\0b", "\0", "a\nb", "a\r\nb", "\r", "a\x1b[31mb", "\x7f", "\x85", "a\u2028b", "a\u202eb", "\u200bа", "\ufeffa",
    "a\u00a0b",
    "\u0430", "é", "😀", "ﬁ", "\ufffe", "İ", "K", "ß",
    # long
    "a" * 64, "a" * 256, "é" * 100, "a." * 130,
)  # fmt: skip
