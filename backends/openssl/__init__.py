"""OCSP by OpenSSL."""
