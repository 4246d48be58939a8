"""Is a connection well? A look at everything it depends on, in which nothing is written."""
