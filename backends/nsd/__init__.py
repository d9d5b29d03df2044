"""NSD: the part that answers from zones, and says who has the names of others."""
