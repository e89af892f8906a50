"""Functions that draw arrays on axes; they compute nothing about losses and know no objective."""
