"""Rules and records: the standard library and itself, nothing else; `now` is an argument."""
