"""Benchmarks: ratios side by side in one run, written to docs/benchmarks.md by `make bench`. Never run by the tests, except a smoke run."""
