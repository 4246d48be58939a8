"""What `syncrules serve` answers over HTTP."""
