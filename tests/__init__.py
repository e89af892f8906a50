"""The tests, in folders like the rooms of the library, and the oracle they compare with."""
