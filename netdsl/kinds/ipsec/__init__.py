"""IPsec: IKEv2 and ESP or AH."""
