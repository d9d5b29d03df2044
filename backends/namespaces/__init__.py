"""Nodes as Linux namespaces over one root file system: no engine, no daemon, no image."""
