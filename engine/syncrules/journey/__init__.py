"""One run from start to end; `run` knows the order, every other file is one step of it."""
