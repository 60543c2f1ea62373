"""Targets into latencies that can be believed: proven cold starts, interleaved warm rounds, intervals, verdicts."""
