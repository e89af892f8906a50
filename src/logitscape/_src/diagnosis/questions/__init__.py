"""One question a file, each answered by measuring."""
