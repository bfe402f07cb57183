"""Random inputs for all that takes some: `python -m fuzz`, or under sanitizers `nox -s fuzz`."""
