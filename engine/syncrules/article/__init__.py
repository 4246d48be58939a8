"""The help article of a mapping: what it decides, as facts; the facts, as sentences in one language; the sentences, in order."""
