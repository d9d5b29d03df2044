"""Kinds: what a member of an open set means, in a folder of its name (`netdsl/index.py`)."""
