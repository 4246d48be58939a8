"""Moves records of one system each; decides nothing."""
