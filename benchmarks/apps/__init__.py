"""Apps that the benchmarks start: each has create_app(), and a request that it answers."""
