"""What more than one analysis uses."""
