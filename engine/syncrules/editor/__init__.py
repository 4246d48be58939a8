"""What an editor wants to know to complete and explain a mapping while it is written: a JSON Schema made for one pair."""
