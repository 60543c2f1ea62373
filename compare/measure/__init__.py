"""A plan into samples: rounds in random order, one request at a time, cold starts proven, and the trust in it all."""
