"""How fast Prasan is beside its peers and the floor, measured inside one run: `python -m benchmarks`."""
