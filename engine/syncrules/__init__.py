"""Declarative mapping rules that keep business systems in step."""
