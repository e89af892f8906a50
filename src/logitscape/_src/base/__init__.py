"""What every room uses: checked arguments, files, dtypes, elementary functions."""
