"""Making a connection: questions, suggestions, a look at the data before anything is written."""
