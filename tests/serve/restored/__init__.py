"""Apps that say of themselves what a restore left and changed."""
