"""Words in, words out; every decision is made elsewhere."""
