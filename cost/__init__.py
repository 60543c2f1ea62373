"""What a month costs on each platform, how many requests wait for a cold start, and which platform to take."""
