"""What of this part changes in a running node: its services are begun anew, each alone."""

CHANGES = {"node/dnsmasq/*": "services"}
