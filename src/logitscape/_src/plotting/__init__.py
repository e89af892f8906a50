"""Functions that draw data on axes; they compute nothing and know no objective."""
