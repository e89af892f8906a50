"""Questions about an objective; every question has a module with a function `answers`."""
