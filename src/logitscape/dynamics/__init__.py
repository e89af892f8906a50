"""Learning as motion: gradient flow from a wrong start, discrete steps, and how the time to correct grows."""
