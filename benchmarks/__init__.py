"""One module a claim: `python -m benchmarks.NAME [--json FILE]`."""
