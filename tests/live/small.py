"""Labs that are only as large as a test needs."""

PAIR = """lab pair
network lan 10.9.1.0/24
host one { interface on lan .1 ; serve http tcp/80 }
host two { interface on lan .2 }
"""

WAY_OUT = """lab way-out
network lan 10.9.2.0/24
router edge { interface lan on lan .1 ; uplink nat }
host pc { interface on lan .2 ; default via edge }
"""

SWITCHED = """lab switched
network left 10.9.3.0/24
network right 10.9.3.0/24
switch sw { interface on left ; interface on right }
host one { interface on left .1 ; serve http tcp/80 }
host two { interface on right .2 }
"""

TWO_ENDS = """lab two-ends "Two gateways and a tunnel between their networks"
network site-a 10.1.0.0/24
network site-b 10.2.0.0/24
network wan 172.16.16.0/30
pki lab-pki { algorithm ecdsa-p256 }
router left {
  interface wan on wan .1
  interface lan on site-a .1
  default via right
}
router right {
  interface wan on wan .2
  interface lan on site-b .1
  default via left
  serve http app tcp/8080
}
ipsec vpn {
  between left.wan protecting site-a
      and right.wan protecting site-b
  auth certificate from lab-pki
  start at boot
}
"""
