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
