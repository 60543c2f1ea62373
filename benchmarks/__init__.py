"""What `make bench` runs: every figure is a ratio against a named peer, measured in one interleaved run."""
