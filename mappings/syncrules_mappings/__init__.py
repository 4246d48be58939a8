"""The mappings that ship with syncrules: one YAML file for each pair of systems."""
