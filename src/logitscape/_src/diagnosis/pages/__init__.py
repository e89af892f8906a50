"""The pages of all verdicts: what each means, why it matters, and what to do."""
