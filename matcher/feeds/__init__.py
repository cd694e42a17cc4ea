"""One adapter for each published meeting format: bytes in, rows and issues out, nothing else touched."""
