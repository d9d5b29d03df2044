"""VXLAN: Ethernet frames of one segment in UDP between any number of ends (RFC 7348)."""
