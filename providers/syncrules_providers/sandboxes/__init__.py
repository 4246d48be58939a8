"""Invented companies on loopback: each vendor's own protocol, spoken by a server that shares no code with our transports."""
