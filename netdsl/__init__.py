"""netdsl: a compiler for virtual network labs."""

__version__ = "0.1.0"
