"""Measures targets so that latencies can be believed: proven cold starts, interleaved rounds, intervals, verdicts."""
