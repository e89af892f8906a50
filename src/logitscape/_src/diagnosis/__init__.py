"""The questions of a diagnosis and their answers, as data: reports show them."""
