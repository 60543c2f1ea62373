"""What a month costs on each platform, who would wait for a cold start, and which platform to take."""
