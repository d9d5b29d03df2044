"""socat: the part that serves web pages through TLS, and plain TCP and UDP."""
