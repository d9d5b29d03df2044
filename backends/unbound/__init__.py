"""Unbound: the part that asks one server after another, from the root on."""
