"""The course of a month, simulated or expected, from traffic and timings: arrivals, starts, waits and usage."""
