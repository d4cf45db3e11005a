"""Reports: one renderer a format.  A renderer turns a Result into text and does no I/O."""
