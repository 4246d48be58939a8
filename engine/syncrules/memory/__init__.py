"""What we knew last time: one store for all connections."""
