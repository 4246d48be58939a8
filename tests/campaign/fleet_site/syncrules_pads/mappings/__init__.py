"""The mappings of the trial of a fleet."""
