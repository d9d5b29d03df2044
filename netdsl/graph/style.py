"""The look of the SVG: colours for light and dark, fonts, lines.

Two hues, blue and orange, which are distinct in every kind of colour blindness, and no meaning by colour alone:
encrypted lines are dashed and have a lock. Each rule has the light colour first and then a variable, for programs
without CSS variables. A file of its own follows `prefers-color-scheme`; a drawing within a page follows the page's
`color-scheme` (by `light-dark()`).
"""

SANS = "system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,'DejaVu Sans',sans-serif"
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace"

COLOURS = {
    "paper": ("#ffffff", "#10171f"),
    "ink": ("#1b2733", "#e8eef4"),
    "dim": ("#4d5b69", "#a9b8c6"),
    "net": ("#e6f0fa", "#15283c"),
    "edge": ("#7ba7d1", "#41719f"),
    "node": ("#ffffff", "#1d2833"),
    "rim": ("#4a5d70", "#8b9fb2"),
    "cell": ("#f1f4f7", "#26333f"),
    "thin": ("#c3ced9", "#43535f"),
    "wire": ("#66788a", "#8fa2b4"),
    "safe": ("#b3470a", "#ff9d5c"),
    "pipe": ("#fbe0cd", "#5a3218"),
}

_RULES = """
text{font:13px SANS;fill:@ink}
.b{font-weight:700}
.s{font-size:10.5px}
.m{font-family:MONO;font-size:11px;fill:@dim}
.ms{font-family:MONO;font-size:10.5px;fill:@dim}
.h{font-size:17px;font-weight:700}
.d{fill:@dim}
.bg{fill:@paper}
.n{fill:@net;stroke:@edge;stroke-width:1.3}
.e{fill:none;stroke:@safe;stroke-width:1.8;stroke-dasharray:7 4}
.c{fill:@node;stroke:@thin}
.x{fill:@node;stroke:@rim;stroke-width:1.8}
.l{fill:@cell;stroke:@thin}
.w{fill:none;stroke:@wire;stroke-width:1.6}
.we{fill:none;stroke:@safe;stroke-width:2.4;stroke-dasharray:7 4}
.t0{fill:none;stroke:@pipe;stroke-width:9;stroke-linejoin:round;stroke-linecap:round}
.t{fill:none;stroke:@safe;stroke-width:1.7}
.th{stroke-dasharray:10 5}
.ta{stroke:@wire;stroke-width:3}
.td{stroke:@wire;stroke-dasharray:2 4}
.k{fill:@paper;stroke:@safe;stroke-width:1.2}
.kd{stroke:@wire}
.i{fill:none;color:@rim;stroke:@rim;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.g{fill:@cell;stroke:@rim}
.lo{fill:none;color:@safe;stroke:@safe;stroke-width:1.5}
.u{fill:@cell;stroke:@wire;stroke-width:1.4}
"""


def stylesheet(scope: str) -> str:
    """All rules, limited to the element with the id `scope`: a page may hold several drawings and styles of its own."""
    light = ";".join(f"--n-{name}:{pair[0]}" for name, pair in COLOURS.items())
    dark = ";".join(f"--n-{name}:{pair[1]}" for name, pair in COLOURS.items())
    both = ";".join(f"--n-{name}:light-dark({pair[0]},{pair[1]})" for name, pair in COLOURS.items())
    rules = "".join(_rule(scope, line) for line in _RULES.strip().splitlines())
    return (
        f"#{scope}{{{light}}}"
        f"@media(prefers-color-scheme:dark){{#{scope}:root{{{dark}}}}}"
        f"@supports(color:light-dark(red,red)){{#{scope}{{{both}}}#{scope}:root{{color-scheme:light dark}}}}"
        f"{rules}"
    )


def _rule(scope: str, line: str) -> str:
    selector, _, body = line.partition("{")
    declarations = body.removesuffix("}").split(";")
    return f"#{scope} {selector}{{{';'.join(map(_declaration, declarations))}}}"


def _declaration(text: str) -> str:
    key, _, value = text.partition(":")
    value = value.replace("SANS", SANS).replace("MONO", MONO)
    if value.startswith("@"):
        name = value[1:]
        return f"{key}:{COLOURS[name][0]};{key}:var(--n-{name})"
    return text if value == text.partition(":")[2] else f"{key}:{value}"
