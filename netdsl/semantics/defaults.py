"""What holds where the source says nothing: one table."""

PKI_NAME = "default"
PKI_ALGORITHM = "ecdsa-p384"
PKI_PATH_LENGTH = 0
PKI_HAS_CRL = True
PKI_VALIDITY_DAYS = 3650

POLICY_OF_UNNAMED_CHAINS = "accept"
"""Of the chains that no `policy` names, where one names some."""
