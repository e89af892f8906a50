"""What is measured about an objective: its gradient law, convexity, invariances, growth."""
