"""Matplotlib styles: `plt.style.context("logitscape.styles.paper")`."""
