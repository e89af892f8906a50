"""What a diagnosis asks, and what it answers: data only, no pictures."""
