"""At once and on schedule: connections are run by themselves, as long as `syncrules serve` is there."""
