"""What of this part changes in a running node: its services are begun anew, each alone, with their credentials."""

CHANGES = {
    "node/freeradius/*": "services",
    **{f"credentials/{folder}/*": "services" for folder in ("radius", "x509", "x509ca", "x509crl", "private")},
}
