"""What every mapping must obey, proved by property: laws for its rules, its policies and its documents, and who breaks them."""
