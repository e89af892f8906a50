"""The designs of losses, recognised by values, and what they explain.

A design is what its author meant: class weights, a prior, a margin, a soft cap. What would be a
fault of another loss is its price, but only where the design explains all of it.
"""
