"""The catalogue's formulas in NumPy, and fits of a subject by them.

A diagnosis compares its subject with hundreds of formulas at once. In NumPy this takes
milliseconds, whereas a program of JAX for all of them would take seconds to compile.
"""
