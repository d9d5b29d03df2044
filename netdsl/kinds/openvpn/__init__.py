"""OpenVPN: IPv4 and IPv6 encrypted in UDP or TCP by a daemon, between a server and its clients, or between two ends."""
