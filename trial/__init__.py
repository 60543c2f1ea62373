"""A stack's whole life on a real account, tried once: deployed, asked, changed, taken away, and told in one bundle."""
