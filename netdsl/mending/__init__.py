"""Near misses: what nearly makes a line hold that does not, as changes of the source.

Proposers say what may help, each next to what it knows (`proposers.py`); a change is offered only after the lab with it was
compiled and proven (`choose.py`).
"""
