"""Runs the lab of a folder in Linux namespaces: Python's own library, iproute2 and mmdebstrap, and nothing of netdsl."""
