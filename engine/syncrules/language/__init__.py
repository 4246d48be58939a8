"""What a mapping says: found, read, completed, checked, typed."""
