"""What a user names into what is measured: stacks, emulated platforms and URLs, and the request to each."""
