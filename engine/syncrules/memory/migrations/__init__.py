"""How the state store came to its present form: one file for each step, oldest first."""
