"""Where the other side of a comparison comes from when no base was run: past builds of the same configuration."""
