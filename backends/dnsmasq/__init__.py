"""dnsmasq: the part that answers for names."""
