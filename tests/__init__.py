"""The tests: folders that mirror the rooms of the library, and the oracle that many of them compare with."""
