"""Labs of the kinds with several ends and a device each: a hub with two clients, three hosts on a network."""

from netdsl.ir.tunnel import TunnelEnd, device_of

_HUB = """
network isp 192.0.2.0/24{isp}
network hq 10.0.0.0/24
network one 10.1.0.0/24
network two 10.2.0.0/24
router hub {{ interface wan on isp .1 ; interface lan on hq .1 }}
router a {{ interface wan on isp .2 ; interface lan on one .1 }}
router b {{ interface wan on isp .3 ; interface lan on two .1 }}
{kind} t {{
  addresses 10.9.0.0/29, fd00:9::/125
  gateway hub protecting hq {hub}
  client a protecting one {a}
  client b protecting two
  {t}
}}
"""
PAIR = """
network isp 192.0.2.0/24
host a { interface on isp .1 }
host b { interface on isp .2 }
host c { interface on isp .3 }
"""


def hub_of(kind: str, *, isp: str = "", hub: str = "", a: str = "", t: str = "") -> str:
    """`isp`: behind the prefix of the network; `hub`, `a`: in the blocks of these ends; `t`: in that of the tunnel."""
    return _HUB.format(kind=kind, isp=isp, hub=hub and f"{{ {hub} }}", a=a and f"{{ {a} }}", t=t)


def taken(one: TunnelEnd) -> list[str] | None:
    """The prefixes of the other end at an end's device; None: it takes all that a route leads to it."""
    device = device_of(one)
    return None if device is None or device.takes is None else [str(prefix) for prefix in device.takes]
