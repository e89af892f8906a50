"""How objectives are evaluated and differentiated on many logits at once, fast."""
