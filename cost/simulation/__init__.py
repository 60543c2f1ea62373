"""Traffic and timings into what a month holds: arrivals, starts, waits and usage, simulated or expected."""
