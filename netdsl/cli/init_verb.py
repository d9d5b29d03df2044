"""`netdsl init`."""

import re
from pathlib import Path
from shlex import quote

import click

from netdsl.cli.console import note, say
from netdsl.disk.named import make_named

_FIRST_LAB = """\
lab {name} "Two hosts behind their routers, joined by a tunnel"

network inet   192.0.2.0/24                 # the two routers meet here
network left   10.1.0.0/24
network right  10.2.0.0/24

router gw-left {{
  interface wan on inet .1
  interface lan on left .1
  route right via gw-right
  firewall {{
    policy forward drop
    accept forward through vpn              # nothing passes in clear
  }}
}}
router gw-right {{
  interface wan on inet .2
  interface lan on right .1
  route left via gw-left
}}
host alice {{
  interface on left .10
  default via gw-left
}}
host bob {{
  interface on right .10
  default via gw-right
  serve http tcp/80
}}

ipsec vpn {{
  between gw-left  protecting left
      and gw-right protecting right
  auth psk
  start at boot
}}

expect {{
  vpn is up
  alice reaches bob tcp/80 answered by bob
  alice to bob is encrypted on inet
}}
"""


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option("--name", help="Name of the lab [the folder's].")
def command(folder: str, name: str | None) -> None:
    """Write a first lab, lab.net, into FOLDER [this one]; what is there is never overwritten."""
    root = Path(folder)
    label = name or re.sub(r"[^a-z0-9]+", "-", root.resolve().name.lower()).strip("-") or "lab"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", label):
        raise click.UsageError(f"`{label}` is no lab name: lower-case letters, digits and `-`, a letter first (--name)")
    path = root / "lab.net"
    try:
        make_named(path, _FIRST_LAB.format(name=label))
    except FileExistsError as error:
        raise click.UsageError(f"{path} exists") from error
    note(f"wrote {path}; next:")
    say(f"netdsl check {quote(str(path))}")
    say(f"netdsl up {quote(str(path))}")
