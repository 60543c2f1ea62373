"""A stack's whole life on a real account, tried once: deployed, asked, changed, taken away, reported in one bundle."""
